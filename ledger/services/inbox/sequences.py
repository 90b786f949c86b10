"""The order of a source that numbers its events: who comes too early waits, and a number that never comes is given up.

An event has its turn once. Parked or failing afterwards it holds nobody back: what depends on it waits for the thing
itself (a booking, a person), not for the number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from ledger.locks import lock_inbox_source
from ledger.models import InboxEvent

log = structlog.get_logger(__name__)


def key_of(row: InboxEvent) -> str:
    """Whose numbers these are: a company's program counts for its company only."""
    owner = "broker" if row.delivered_by is None else str(row.company_id)
    return f"sequence:{owner}:{row.source}"


def take_turn(row: InboxEvent, now: datetime) -> datetime | None:
    """Whether a locked event may be worked on now.

    Returns:
        None if so; otherwise until when it waits for the numbers before it.
    """
    if row.sequence is None:
        return None
    source = lock_inbox_source(key_of(row), now)
    if row.sequence < source.next_sequence:
        return None  # it had its turn before, or comes after it was given up
    if row.sequence > source.next_sequence:
        patience_ends = row.received_at + timedelta(seconds=settings.INBOX_GAP_SECONDS)
        if now < patience_ends:
            return patience_ends
        first = _first_waiting(row, source.next_sequence)
        log.error(
            "inbox_gap", source=row.source, first_missing=source.next_sequence, missing=first - source.next_sequence
        )
        source.missed += first - source.next_sequence
        source.next_sequence = first
    is_turn = row.sequence == source.next_sequence
    source.next_sequence += is_turn
    source.updated_at = now
    source.save(update_fields=["next_sequence", "missed", "updated_at"])
    return None if is_turn else now


def _first_waiting(row: InboxEvent, after: int) -> int:
    """The lowest number that is here, this one's included."""
    assert row.sequence is not None, "it waits for its turn"
    waiting = InboxEvent.objects.filter(
        status="PENDING", waiting_for=key_of(row), sequence__range=(after, row.sequence)
    )
    lowest = waiting.order_by("sequence").values_list("sequence", flat=True).first()
    return row.sequence if lowest is None else min(lowest, row.sequence)
