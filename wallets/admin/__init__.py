"""Wallets, budgets, webhooks and notifications in the back office: looked at by who may see them, changed by the
interface's own use cases."""

from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin
from ledger.admin.transactions import TransactionAdmin
from wallets.admin import (
    approval_rules,
    approvals,
    budget_requests,
    budget_templates,
    budgets,
    imports,
    limits,
    notes,
    notifications,
    reports,
    wallets,
    webhooks,
)
from wallets.admin.holds import HoldScreen
from wallets.admin.outbox import OutboxScreen
from wallets.admin.transactions import TransactionScreen

__all__ = [
    "BUTTONS",
    "approval_rules",
    "approvals",
    "budget_requests",
    "budget_templates",
    "budgets",
    "imports",
    "limits",
    "notes",
    "notifications",
    "reports",
    "wallets",
    "webhooks",
]

BUTTONS: dict[type[ScopedAdmin], type[ScopedAdmin]] = {
    OutboxMessageAdmin: OutboxScreen,
    ReservationAdmin: HoldScreen,
    TransactionAdmin: TransactionScreen,
}
"""Screens of the ledger with the buttons that change something, by the screens that they extend."""
