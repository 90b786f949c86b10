"""Events as the machine sees them."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core import events as core
from ledger.models import Event, Posting


def core_event(row: Event, postings: Sequence[Posting] = ()) -> core.Event:
    """A stored event, with its postings if they matter."""
    return core.Event(
        id=row.id,
        type=core.EventType(row.type),
        stream=core.Stream(row.stream),
        stream_id=row.stream_id,
        seq=row.seq,
        data=row.facts,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        postings=tuple(core.Posting(p.id, p.account_id, p.amount, p.account_seq, p.balance_after) for p in postings),
    )
