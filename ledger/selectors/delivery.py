"""How the telling of the outside is doing, for people and for alarms. One relay serves all companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection

from ledger.models import DeliveryNote, OutboxMessage

MOST_COUNTED = 10_000
"""Nobody waits for an exact count of more."""
Status = OutboxMessage.Status


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the outbox still has to tell: how many messages (at most `MOST_COUNTED`), and how old the oldest is."""

    waiting: int
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """
    Attributes:
        dead_letters: given up, and waiting for somebody to send them again or to skip them.
        published, unrouted, refused: since the installation began.
        breaker: CLOSED, OPEN or HALF_OPEN; error: why.
        silence: how long the relay has not been heard of; None: never yet.
    """

    backlog: Backlog
    dead_letters: int
    published: int
    unrouted: int
    refused: int
    breaker: str
    error: str
    silence: timedelta | None


_STATE = """
    WITH unnumbered AS (
        SELECT created_at FROM ledger_outboxmessage
        WHERE position IS NULL ORDER BY created_at, sequence LIMIT %(most)s
    ), waiting AS (
        SELECT created_at, position FROM ledger_outboxmessage
        WHERE status = 'PENDING' AND position IS NOT NULL ORDER BY position LIMIT %(most)s
    ), dead AS (
        SELECT id FROM ledger_outboxmessage
        WHERE attempts > 0 AND status IN ('FAILED', 'PENDING') AND status = 'FAILED' LIMIT %(most)s
    )
    SELECT least(%(most)s, (SELECT count(*) FROM unnumbered) + (SELECT count(*) FROM waiting)),
           clock.now - least((SELECT min(created_at) FROM unnumbered), (SELECT min(created_at) FROM waiting)),
           (SELECT count(*) FROM dead), r.published, r.unrouted, r.refused, r.breaker, r.error, clock.now - r.beat_at
    FROM ledger_relay AS r CROSS JOIN (SELECT clock_timestamp() AS now) AS clock
"""


def delivery_state() -> DeliveryState:
    """Everything that an alarm may ask, in one statement: home pages and scrapes ask often."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"most": MOST_COUNTED})
        waiting, age, dead, published, unrouted, refused, breaker, error, silence = cursor.fetchone()
    return DeliveryState(
        backlog=Backlog(waiting, _positive(age)),
        dead_letters=dead,
        published=published,
        unrouted=unrouted,
        refused=refused,
        breaker=breaker,
        error=error,
        silence=_positive(silence),
    )


def _positive(age: timedelta | None) -> timedelta | None:
    """A message may be younger than the clock that was read before it."""
    return None if age is None else max(age, timedelta())


def delivery_notes(message_id: UUID) -> list[DeliveryNote]:
    """What went wrong with a message and what people did about it, oldest first."""
    return list(DeliveryNote.objects.filter(message_id=message_id).order_by("noted_at", "id"))


@dataclass(frozen=True, slots=True)
class Address:
    """What a message is about."""

    message_id: UUID
    aggregate_type: str
    aggregate_id: UUID
    sequence: int
    type: str


def addresses_of(message_ids: Sequence[UUID]) -> list[Address]:
    """In the order of the stream."""
    columns = ("id", "aggregate_type", "aggregate_id", "sequence", "type")
    found = OutboxMessage.objects.filter(id__in=message_ids).order_by("position").values_list(*columns)
    return [Address(*row) for row in found]


def resendable_ids(*, status: str, type: str | None = None) -> list[UUID]:
    """FAILED or UNROUTED messages of all companies, in the order of the stream."""
    found = OutboxMessage.objects.filter(status=status)
    found = found.filter(attempts__gt=0) if status == Status.FAILED else found
    if type is not None:
        found = found.filter(type=type)
    return list(found.order_by("position").values_list("id", flat=True))
