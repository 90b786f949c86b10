"""Which holds a caller may see: those on the wallets that he may see. A receiver sees the document, not the hold."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import Caller
from ledger.errors import NotFound
from ledger.selectors.holds import Reservation, find_reservations, get_reservation
from wallets.models import Wallet
from wallets.selectors.wallets import get_wallet, wallets_visible_to


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, and the wallet whose money it keeps."""

    reservation: Reservation
    wallet: Wallet


def get_visible_reservation(caller: Caller, reservation_id: UUID) -> Held:
    """A hold on a wallet that the caller may see.

    Raises:
        NotFound: no such hold, or none for these eyes.
    """
    row = get_reservation(reservation_id)
    if row is None:
        raise NotFound
    return Held(row, get_wallet(caller, row.wallet_id))


def find_visible_reservations(
    caller: Caller, *, wallet_id: UUID | None = None, status: str | None = None
) -> QuerySet[Reservation]:
    """The holds on visible wallets, of one wallet and one status if given."""
    return find_reservations(wallets_visible_to(caller), wallet_id=wallet_id, status=status)
