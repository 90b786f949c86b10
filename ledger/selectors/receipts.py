"""The proof that the events of a document are sealed, as far as its reader may see them (ADR 0018)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

from ledger.core.events import posting_id
from ledger.core.leaves import Kind, Part, Slot, read_leaf, salt_of
from ledger.errors import Unavailable
from ledger.models import SealedLeaf
from ledger.selectors.row_texts import EventRows, read_rows
from ledger.selectors.seals import first_seal_over, head_of, inclusion_paths
from ledger.selectors.transactions import events_of

__all__ = ["Kind", "MayShow", "receipt_of"]

MayShow = Callable[[Kind, UUID], bool]
"""Whether the reader may see a part: its kind, and the id of its row."""


def receipt_of(transaction_id: UUID, may_show: MayShow) -> dict[str, Any] | None:
    """The receipt of a document, against the first seal that covers all of its events: it never changes again until
    the document has another event.

    Returns:
        The JSON of docs/sealing.md; None while an event is not sealed.

    Raises:
        Unavailable: a row is no longer what was sealed; `verify_seals` names it.
    """
    event_ids = list(events_of(transaction_id).values_list("id", flat=True))
    leaves = list(SealedLeaf.objects.filter(event__in=event_ids).order_by("index"))
    if not leaves or len(leaves) < len(event_ids):
        return None
    seal = first_seal_over(leaves[-1].index)
    if seal is None:
        return None
    rows = read_rows(event_ids)
    paths = inclusion_paths([leaf.index for leaf in leaves], seal.tree_size)
    shown = [
        {**_leaf(leaf, rows[leaf.event_id], may_show), "path": [step.hex() for step in path]}
        for leaf, path in zip(leaves, paths, strict=True)
    ]
    return {"txn_id": str(transaction_id), "leaves": shown, **head_of(seal).as_json(bytes(seal.signature))}


def _leaf(leaf: SealedLeaf, rows: EventRows, may_show: MayShow) -> dict[str, Any]:
    data, secret = bytes(leaf.data), bytes(leaf.secret)
    commitments = read_leaf(data).commitments
    parts = [part for part in rows.parts() if may_show(part.slot.kind, _row_id(leaf.event_id, part.slot))]
    if any(commitments.get(part.slot) != part.commitment(secret) for part in parts):
        raise Unavailable("This record does not match its seal. Those who run the service have to look at it.")
    return {
        "event_id": str(leaf.event_id),
        "index": leaf.index,
        "leaf_data": b64encode(data).decode(),
        "leaf_hash": bytes(leaf.hash).hex(),
        "parts": [_part(part, secret) for part in parts],
    }


def _part(part: Part, secret: bytes) -> dict[str, Any]:
    return {
        "kind": part.slot.kind.title,
        "line": part.slot.line,
        "salt": salt_of(secret, part.slot).hex(),
        "data": b64encode(part.data).decode(),
    }


def _row_id(event_id: UUID, slot: Slot) -> UUID:
    return posting_id(event_id, slot.line) if slot.kind is Kind.POSTING else event_id
