"""Wallets, budgets, webhooks and notifications in the back office: looked at by who may see them, changed by the
interface's own use cases."""

from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin
from ledger.admin.transactions import TransactionAdmin
from wallets.admin import budget_requests, budget_templates, budgets, limits, notifications, wallets, webhooks
from wallets.admin.outbox import OutboxScreen
from wallets.admin.releasing import ReleasableReservationAdmin
from wallets.admin.undoing import UndoableTransactionAdmin

__all__ = [
    "BUTTONS",
    "budget_requests",
    "budget_templates",
    "budgets",
    "limits",
    "notifications",
    "wallets",
    "webhooks",
]

BUTTONS: dict[type[ScopedAdmin], type[ScopedAdmin]] = {
    OutboxMessageAdmin: OutboxScreen,
    ReservationAdmin: ReleasableReservationAdmin,
    TransactionAdmin: UndoableTransactionAdmin,
}
"""Screens of the ledger with the buttons that change something, by the screens that they extend."""
