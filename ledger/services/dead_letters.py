"""What people do about messages that the broker would not take, or that nobody was there to take (R103, R176)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.transaction import atomic

from ledger.models import DeliveryNote, OutboxMessage
from ledger.selectors.clock import DatabaseClock

Status = OutboxMessage.Status
RESENDABLE = (Status.FAILED, Status.UNROUTED)


def resend_messages(message_ids: Collection[UUID], *, reason: str, actor_id: UUID | None = None) -> list[UUID]:
    """Let the relay try again, with three tries as at first. Its wallet's later messages follow after it.

    One that was UNROUTED is told late: its wallet's later messages may have arrived.

    Args:
        message_ids: those that are neither FAILED nor UNROUTED are left alone.
        reason: kept with the message.

    Returns:
        Those that will be sent again.
    """
    changes = {"status": Status.PENDING, "attempts": 0, "error": "", "next_attempt_at": DatabaseClock()}
    with atomic():
        return [
            id
            for id in message_ids
            if OutboxMessage.objects.filter(id=id, status__in=RESENDABLE).update(**changes)
            and _note(id, DeliveryNote.Kind.RESENT, reason, actor_id)
        ]


def skip_message(message_id: UUID, *, reason: str, actor_id: UUID | None = None) -> bool:
    """Give a dead letter up for good, so that its wallet's later messages are told. Consumers will see the gap.

    Returns:
        Whether it was FAILED; otherwise nothing happens.
    """
    with atomic():
        is_skipped = bool(
            OutboxMessage.objects.filter(id=message_id, status=Status.FAILED).update(status=Status.SKIPPED)
        )
        return is_skipped and _note(message_id, DeliveryNote.Kind.SKIPPED, reason, actor_id)


def _note(message_id: UUID, kind: DeliveryNote.Kind, text: str, actor_id: UUID | None) -> bool:
    DeliveryNote.objects.create(
        message_id=message_id, kind=kind, text=text, actor_id=actor_id, noted_at=DatabaseClock()
    )
    return True
