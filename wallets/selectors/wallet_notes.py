"""What staff wrote down about wallets, each reader within his scope."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from compliance.models import Caller
from ledger.errors import NotFound
from wallets.models import WalletNote
from wallets.selectors.wallets import wallets_visible_to


def notes_visible_to(caller: Caller) -> QuerySet[WalletNote]:
    """The notes on the wallets that the caller may see, with wallets and their owners."""
    visible = wallets_visible_to(caller).select_related(None)
    return WalletNote.objects.filter(wallet__in=visible).select_related("wallet__user", "author")


def get_visible_note(caller: Caller, note_id: UUID) -> WalletNote:
    """One of them.

    Raises:
        NotFound: no such note, or none on a wallet that the caller may see.
    """
    note = notes_visible_to(caller).filter(id=note_id).first()
    if note is None:
        raise NotFound
    return note
