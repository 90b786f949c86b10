"""Wallets, budgets, webhooks and notifications in the back office: looked at by who may see them, changed by the
interface's own use cases."""

from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin
from ledger.admin.transactions import TransactionAdmin
from wallets.admin import (
    imports,
    limits,
    notes,
    notifications,
    reports,
    wallets,
    webhooks,
)
from wallets.admin.approvals import rules
from wallets.admin.approvals import screen as approvals
from wallets.admin.budgets import requests, templates
from wallets.admin.budgets import screen as budgets
from wallets.admin.holds import HoldScreen
from wallets.admin.outbox import OutboxScreen
from wallets.admin.transactions import TransactionScreen

__all__ = [
    "BUTTONS",
    "approvals",
    "budgets",
    "imports",
    "limits",
    "notes",
    "notifications",
    "reports",
    "requests",
    "rules",
    "templates",
    "wallets",
    "webhooks",
]

BUTTONS: dict[type[ScopedAdmin], type[ScopedAdmin]] = {
    OutboxMessageAdmin: OutboxScreen,
    ReservationAdmin: HoldScreen,
    TransactionAdmin: TransactionScreen,
}
"""Screens of the ledger with the buttons that change something, by the screens that they extend."""
