"""What a look at one sealed row can find, told with the exact row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ledger.core.events import posting_id
from ledger.core.leaves import Kind, Leaf, Part, Slot

EVENT, POSTING = "ledger_event", "ledger_posting"
SEAL, LEAF, NODE = "ledger_seal", "ledger_sealedleaf", "ledger_sealnode"
ANCHOR = "anchor file"


class Place(NamedTuple):
    """Where a part of a leaf comes from; `column` where it is one column."""

    table: str
    id: UUID
    column: str = ""


PlaceOf = Callable[[UUID, Slot], Place]
"""Finds it by the id of the event or record and the slot."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not what was sealed.

    Attributes:
        table: where it is, or was; `ANCHOR` for a line of the file outside of the database.
        id: its primary key (a node's is level/index), or the number of a seal in the anchor file.
        what: changed, missing, added, with the column where it is known; or a sentence.
    """

    table: str
    id: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: {self.what}"


def compare_rows(leaf: Leaf, secret: bytes, parts: Sequence[Part] | None, place_of: PlaceOf) -> Finding | None:
    """Hold the present rows of an event or record against its leaf.

    Args:
        secret: what the salts of the leaf come from.
        parts: of the present rows; None when the event's or record's own row is gone.

    Returns:
        The first that was changed, is missing or was added: an event's own row before its postings.
    """
    if parts is None:
        gone = place_of(leaf.row_id, min(leaf.commitments))
        return Finding(gone.table, str(gone.id), "missing")
    present = {part.slot: part.commitment(secret) for part in parts}
    for slot in sorted({*leaf.commitments, *present}):
        if leaf.commitments.get(slot) != present.get(slot):
            place = place_of(leaf.row_id, slot)
            what = f"{place.column} {_what(slot, leaf.commitments, present)}".lstrip()
            return Finding(place.table, str(place.id), what)
    return None


def _what(slot: Slot, sealed: Mapping[Slot, bytes], present: Mapping[Slot, bytes]) -> str:
    if slot not in present:
        return "missing"
    return "changed" if slot in sealed else "added after the seal"


def place_in_event(event_id: UUID, slot: Slot) -> Place:
    """The row of the event, or of one of its postings."""
    if slot.kind is Kind.POSTING:
        return Place(POSTING, posting_id(event_id, slot.line))
    return Place(EVENT, event_id)
