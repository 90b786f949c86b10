"""The stream of messages: the same one for the broker, for `GET /v1/events` and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet

from ledger import events
from ledger.ids import ID_LAG, floor_id
from ledger.models import OutboxMessage
from ledger.selectors.scope import Scope, outbox_within

_CHUNK = 500


def cloud_event(message: OutboxMessage) -> bytes:
    """The JSON that everybody gets of a message, however he gets it."""
    return events.envelope(
        id=message.id,
        type=message.type,
        version=message.version,
        aggregate_id=message.aggregate_id,
        sequence=message.sequence,
        recorded_at=message.created_at,
        data=message.data,
    )


def position_of(scope: Scope, message_id: UUID) -> int | None:
    """The place of a message that the scope sees; None when there is no such message, or none any more."""
    return outbox_within(scope).filter(id=message_id).values_list("position", flat=True).first()


def messages_after(scope: Scope, position: int, *, limit: int) -> list[OutboxMessage]:
    """The next messages of what the scope sees, in the order in which they are published.

    Positions are given after the commit, one after the other (`relay.numbering`), so a reader who goes on from the
    last message that he has seen misses none and sees none twice, whoever commits late.

    Args:
        position: of the last message that the reader has seen; 0: from the beginning.
    """
    return list(outbox_within(scope).filter(position__gt=position).order_by("position")[:limit])


def last_position() -> int:
    """That of the last message which has one; 0 without any."""
    last: int | None = OutboxMessage.objects.aggregate(last=Max("position"))["last"]
    return last or 0


def messages_from(position: int, *, type: str | None = None, most: int = _CHUNK) -> list[OutboxMessage]:
    """Messages of all companies after a position, for who runs the service."""
    return list(_of_type(type).filter(position__gt=position).order_by("position")[:most])


def messages_between(start: datetime | None, end: datetime | None, *, type: str | None) -> Iterator[OutboxMessage]:
    """Messages of all companies that were recorded from `start` on and before `end`, in the order of the stream.

    What has no position yet is not among them. Read in pieces: there may be many.
    """
    found, position = _of_type(type), 0
    if start is not None:
        found = found.filter(id__gte=floor_id(start - ID_LAG), created_at__gte=start)
    if end is not None:
        found = found.filter(created_at__lt=end)
    while piece := list(found.filter(position__gt=position).order_by("position")[:_CHUNK]):
        yield from piece
        position = piece[-1].position or 0


def _of_type(type: str | None) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.all() if type is None else OutboxMessage.objects.filter(type=type)
