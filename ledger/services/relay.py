"""Publishes the outbox after the commit: in order per aggregate, at least once, one relay at a time (C20)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from kombu import Connection, Exchange, Producer

from ledger import events
from ledger.models import OutboxMessage

BATCH = 500
_EXCHANGE = Exchange(events.EXCHANGE, type="topic", durable=True)
_LEADERSHIP = "SELECT pg_try_advisory_lock(hashtext('ledger_outbox_relay'))"
_RESIGNATION = "SELECT pg_advisory_unlock(hashtext('ledger_outbox_relay'))"


@contextmanager
def leadership() -> Iterator[bool]:
    """Whether this process is the one relay. The lock lives and dies with the database session."""
    with connection.cursor() as cursor:
        cursor.execute(_LEADERSHIP)
        (leader,) = cursor.fetchone()
        try:
            yield leader
        finally:
            if leader:
                cursor.execute(_RESIGNATION)


def publish_pending(broker_url: str) -> int:
    """Publish one batch of pending messages and mark them.

    `created_at` is the database's clock under the wallet's lock, so it orders the messages of an aggregate as
    they were committed, and a late commit is simply still pending. A crash between publishing and marking
    publishes again: consumers tell duplicates by `id`.

    Returns:
        How many were published.

    Raises:
        OperationalError (kombu): the broker is away; what was published before it went is marked.
    """
    pending = list(OutboxMessage.objects.filter(status="PENDING").order_by("created_at", "sequence")[:BATCH])
    published: list[OutboxMessage] = []
    try:
        if pending:
            with Connection(broker_url, connect_timeout=5, transport_options=_options(broker_url)) as broker:
                producer = broker.Producer(exchange=_EXCHANGE)
                for message in pending:
                    _publish(producer, message)
                    published.append(message)
    finally:
        _mark_published(published)
    return len(published)


def _publish(producer: Producer, message: OutboxMessage) -> None:
    body = events.envelope(
        id=message.id,
        type=message.type,
        aggregate_id=message.aggregate_id,
        sequence=message.sequence,
        recorded_at=message.created_at,
        data=message.data,
    )
    producer.publish(
        body,
        routing_key=events.routing_key(message.aggregate_type, message.type),
        content_type=events.CONTENT_TYPE,
        content_encoding="utf-8",
        message_id=str(message.id),
        delivery_mode=2,
        declare=[_EXCHANGE],
    )


def _options(broker_url: str) -> dict[str, bool]:
    """RabbitMQ confirms each message; without that it lost a third of them on kill -9 (docs/events.md)."""
    return {"confirm_publish": True} if broker_url.startswith("amqp") else {}


def _mark_published(messages: list[OutboxMessage]) -> None:
    if messages:
        ids = [message.id for message in messages]
        OutboxMessage.objects.filter(id__in=ids).update(
            status="PUBLISHED", published_at=Now(), attempts=F("attempts") + 1, error=""
        )
