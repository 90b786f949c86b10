"""Wallets in the back office: looked at by who may see them, changed by the interface's own use cases."""

from ledger.admin.reservations import ReservationAdmin
from ledger.admin.scoped import ScopedAdmin
from ledger.admin.transactions import TransactionAdmin
from wallets.admin import wallets
from wallets.admin.releasing import ReleasableReservationAdmin
from wallets.admin.undoing import UndoableTransactionAdmin

__all__ = ["BUTTONS", "wallets"]

BUTTONS: dict[type[ScopedAdmin], type[ScopedAdmin]] = {
    ReservationAdmin: ReleasableReservationAdmin,
    TransactionAdmin: UndoableTransactionAdmin,
}
"""Screens of the ledger with the buttons that move money, by the screens that they extend."""
