"""Which messages are due, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import SystemRandom

from django.db import connection
from django.db.models import F
from django.db.transaction import atomic

from ledger.core.delivery import pause_after
from ledger.models import DeliveryNote, OutboxMessage, Relay
from ledger.selectors.clock import DatabaseClock

BATCH = 500
Status = OutboxMessage.Status
_chance = SystemRandom()

# A message that waits for its next try, or was given up, keeps back those of its own aggregate, and no others.
_DUE = """
    SELECT m.* FROM ledger_outboxmessage AS m
    WHERE m.status = 'PENDING' AND m.position IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM ledger_outboxmessage AS stuck
              WHERE stuck.attempts > 0 AND stuck.status IN ('FAILED', 'PENDING')
                    AND (stuck.status = 'FAILED' OR stuck.next_attempt_at > clock_timestamp())
                    AND stuck.aggregate_id = m.aggregate_id AND stuck.sequence <= m.sequence
          )
    ORDER BY m.position LIMIT %s
"""

_MARK = """
    UPDATE ledger_outboxmessage AS m
    SET status = t.status, attempts = m.attempts + 1, error = t.error,
        published_at = CASE WHEN t.status = 'PUBLISHED' THEN clock_timestamp() END,
        next_attempt_at = coalesce(clock_timestamp() + t.pause, m.next_attempt_at)
    FROM unnest(%(ids)s::uuid[], %(statuses)s::text[], %(errors)s::text[], %(pauses)s::interval[])
         AS t(id, status, error, pause)
    WHERE m.id = t.id AND m.status = 'PENDING'
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the broker made of one message: PUBLISHED, UNROUTED (it is there, but nobody is bound), or, with an
    error, FAILED."""

    message: OutboxMessage
    outcome: OutboxMessage.Status
    error: str = ""


def due_messages() -> list[OutboxMessage]:
    """The next messages to hand over, in the order of the stream; at most `BATCH`."""
    return list(OutboxMessage.objects.raw(_DUE, [BATCH]))


def record_deliveries(deliveries: Sequence[Delivery]) -> None:
    """Mark what was handed over. What was refused rests, and after its last try it is FAILED: a dead letter."""
    if not deliveries:
        return
    refused = [delivery for delivery in deliveries if delivery.outcome == Status.FAILED]
    pauses = {
        delivery.message.id: pause_after(delivery.message.attempts + 1, jitter=_chance.random()) for delivery in refused
    }
    resting = {id for id, pause in pauses.items() if pause is not None}
    ids = [delivery.message.id for delivery in deliveries]
    with atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                _MARK,
                {
                    "ids": ids,
                    "statuses": [Status.PENDING if d.message.id in resting else d.outcome for d in deliveries],
                    "errors": [delivery.error for delivery in deliveries],
                    "pauses": [pauses.get(id) for id in ids],
                },
            )
        DeliveryNote.objects.bulk_create(
            DeliveryNote(
                message_id=delivery.message.id,
                kind=DeliveryNote.Kind.REFUSED,
                text=delivery.error,
                noted_at=DatabaseClock(),
            )
            for delivery in refused
        )
        _count(deliveries)


def _count(deliveries: Sequence[Delivery]) -> None:
    outcomes = Counter(delivery.outcome for delivery in deliveries)
    Relay.objects.update(
        published=F("published") + outcomes[Status.PUBLISHED],
        unrouted=F("unrouted") + outcomes[Status.UNROUTED],
        refused=F("refused") + outcomes[Status.FAILED],
        beat_at=DatabaseClock(),
    )
