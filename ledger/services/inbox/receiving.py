"""Taking an event in: its row, its effect and the messages about it in one database transaction."""

from __future__ import annotations

import json
from hashlib import sha256

from ledger.errors import IdempotencyKeyReused, ServiceError
from ledger.locks import lock_inbox_event
from ledger.models import InboxEvent
from ledger.selectors.clock import database_now
from ledger.services.inbox.due import follow_up
from ledger.services.inbox.incoming import Delivery, Envelope, Handlers, Receipt, receipt_of
from ledger.services.inbox.working import work_on
from ledger.services.journal import use_case

UNREADABLE = "(unreadable)"
"""The source of what could not be read; its event id is the hash of its bytes."""


def receive(envelope: Envelope, delivery: Delivery, handlers: Handlers) -> Receipt:
    """Keep an event and do what it calls for. The same event again, also at the same time, changes nothing (R180).

    Returns:
        What is known of it now. PENDING means that it will be tried again by itself.

    Raises:
        IdempotencyKeyReused: this id of this source belongs to an event with another content.
        Busy: somebody else is at the same event for longer than `lock_timeout`.
        OutcomeUnknown, OperationalError: the session was lost; hand it in again.
    """
    settled: tuple[str, ...] = ()
    with use_case(durable=True):
        row, is_new = _keep(envelope, delivery)
        if is_new:
            settled = work_on(row, handlers)
        elif not _is_same(row, envelope, delivery, handlers):
            raise IdempotencyKeyReused
    follow_up(settled, handlers)
    return receipt_of(row, is_new=is_new)


def refuse_unreadable(body: bytes, error: ServiceError) -> None:
    """Keep that something came which is no event: its hash and what is wrong with it, not the thing itself.

    Args:
        error: its detail must not repeat what was sent.
    """
    now, digest = database_now(), sha256(body)
    row = InboxEvent(
        source=UNREADABLE,
        event_id=digest.hexdigest(),
        event_type=UNREADABLE,
        received_at=now,
        payload_hash=digest.digest(),
        status="FAILED",
        attempts=1,
        error_code=error.code,
        error_detail=f"{error.detail} ({len(body)} bytes)",
        processed_at=now,
    )
    InboxEvent.objects.bulk_create([row], ignore_conflicts=True)


def _keep(envelope: Envelope, delivery: Delivery) -> tuple[InboxEvent, bool]:
    """The event's row, locked, and whether it was made just now."""
    now = database_now()
    row = InboxEvent(
        source=envelope.source,
        event_id=envelope.event_id,
        event_type=envelope.event_type,
        sequence=envelope.sequence,
        occurred_at=envelope.timestamp,
        received_at=now,
        company_id=delivery.company_id,
        delivered_by=delivery.account_id,
        payload=envelope.data,
        payload_hash=_hash_of(envelope),
        next_attempt_at=now,
    )
    InboxEvent.objects.bulk_create([row], ignore_conflicts=True)
    kept = lock_inbox_event(envelope.source, envelope.event_id)
    return kept, kept.id == row.id


def _is_same(row: InboxEvent, envelope: Envelope, delivery: Delivery, handlers: Handlers) -> bool:
    """Whether a known event is the one that came again, be it through the other door. A program of another company
    neither learns what became of it nor can have taken its place."""
    company_id = delivery.company_id
    if company_id is None and row.delivered_by is not None and (handler := handlers.get(row.event_type)):
        company_id = handler.company_of(envelope.data)
    is_theirs = company_id is None or row.company_id in (None, company_id)
    return is_theirs and bytes(row.payload_hash) == _hash_of(envelope)


def _hash_of(envelope: Envelope) -> bytes:
    content = [envelope.event_type, envelope.timestamp.isoformat(), envelope.sequence, envelope.data]
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()
