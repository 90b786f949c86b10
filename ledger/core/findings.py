"""What a look at one sealed event can find, told with the exact row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.core.events import posting_id
from ledger.core.leaves import Kind, Leaf, Part, Slot

EVENT, POSTING = "ledger_event", "ledger_posting"
SEAL, LEAF, NODE = "ledger_seal", "ledger_sealedleaf", "ledger_sealnode"
ANCHOR = "anchor file"


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not what was sealed.

    Attributes:
        table: where it is, or was; `ANCHOR` for a line of the file outside of the database.
        id: its primary key (a node's is level/index), or the number of a seal in the anchor file.
        what: changed, missing, added, or a sentence.
    """

    table: str
    id: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: {self.what}"


def compare_rows(leaf: Leaf, secret: bytes, parts: Sequence[Part] | None) -> Finding | None:
    """Hold the present rows of an event against its leaf.

    Args:
        secret: what the salts of the leaf come from.
        parts: of the present rows; None when the event's own row is gone.

    Returns:
        The first row that was changed, is missing or was added: the event's own before its postings.
    """
    if parts is None:
        return Finding(EVENT, str(leaf.event_id), "missing")
    present = {part.slot: part.commitment(secret) for part in parts}
    for slot in sorted({*leaf.commitments, *present}):
        if leaf.commitments.get(slot) != present.get(slot):
            return _row(leaf.event_id, slot, _what(slot, leaf.commitments, present))
    return None


def _what(slot: Slot, sealed: Mapping[Slot, bytes], present: Mapping[Slot, bytes]) -> str:
    if slot not in present:
        return "missing"
    return "changed" if slot in sealed else "added after the seal"


def _row(event_id: UUID, slot: Slot, what: str) -> Finding:
    if slot.kind is Kind.POSTING:
        return Finding(POSTING, str(posting_id(event_id, slot.line)), what)
    return Finding(EVENT, str(event_id), what)
