"""Notes of staff on wallets. They may name people: the audit trail keeps that one was written or erased, not what it
said."""

from __future__ import annotations

from uuid import UUID

from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all, roles_over_others
from compliance.models import User
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput, NotFound
from ledger.selectors.clock import DatabaseClock
from wallets.models import Wallet, WalletNote
from wallets.models.wallet_note import MOST_CHARACTERS
from wallets.selectors.wallet_notes import get_visible_note

WRITERS = roles_over_others("notes.write")
ERASERS = roles_over_all("notes.erase")
"""Who erases what others wrote; everybody erases his own."""


def add_note(*, caller: User, wallet: Wallet, text: str, origin: Origin) -> WalletNote:
    """Write something down about a wallet that the caller has been found to see.

    Args:
        text: may hold personal data that is needed for the work; it can be erased.

    Raises:
        Forbidden: not this caller's to do.
        InvalidInput: nothing, or too much.
    """
    if caller.role not in WRITERS:
        raise Forbidden
    text = text.strip()
    if not text or len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"A note has 1 to {MOST_CHARACTERS} characters.", pointer="/text")
    with atomic():
        note = WalletNote.objects.create(wallet=wallet, author=caller, author_role=caller.role, text=text)
        record_change(origin=origin, entity=wallet, event_type="wallet.note_added", after={"note_id": note.id})
    return note


def may_erase(caller: User, note: WalletNote) -> bool:
    """Whether there is a text to erase, and by this caller."""
    is_own = note.author_id == caller.id and caller.role in WRITERS
    return note.erased_at is None and (is_own or caller.role in ERASERS)


def erase_note(*, caller: User, note_id: UUID, reason: str, origin: Origin) -> None:
    """Erase the text of a note for ever. That it was there stays, and who erased it why.

    Args:
        reason: kept in the audit trail.

    Raises:
        NotFound: no such note for this caller's eyes, or it is erased already.
        Forbidden: somebody else wrote it.
    """
    note = get_visible_note(caller, note_id)
    if note.erased_at is None and not may_erase(caller, note):
        raise Forbidden("Only who wrote a note and compliance may erase it.")
    with atomic():
        kept = WalletNote.objects.filter(id=note.id, erased_at__isnull=True)
        if not kept.update(text="", erased_at=DatabaseClock(), erased_by=caller.id):
            raise NotFound("This note is erased already.")
        erased = {"note_id": note.id}
        record_change(origin=origin, entity=note.wallet, event_type="wallet.note_erased", before=erased, reason=reason)
