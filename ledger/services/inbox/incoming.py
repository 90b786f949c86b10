"""What comes in, and what a floor above makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ledger.models import InboxEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event as another service sent it.

    Attributes:
        event_id: its own number in `source`; the pair is worked on once.
        data: JSON as it was read; a number that is not whole is `{"$number": text}`, which no field accepts.
        sequence: 1, 2, 3, … of the source, when it numbers its events.
    """

    event_id: str
    event_type: str
    source: str
    timestamp: datetime
    data: dict[str, Any]
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How it came.

    Attributes:
        account_id, company_id: the service account that handed it in, and whose it is; None = through the broker,
            whose senders may speak for every company.
    """

    account_id: UUID | None = None
    company_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a handler gets.

    Attributes:
        id: of the row in the inbox; leads from what follows back to it.
        occurred_at: when it happened, as its sender says.
        company_id: nothing of another company may be touched; None = the event itself says whose it is.
    """

    id: UUID
    source: str
    event_id: str
    data: dict[str, Any]
    occurred_at: datetime | None
    account_id: UUID | None
    company_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of it.

    Attributes:
        transaction_id: the document that it led to.
        refusal_code: when that document was refused; the event has been worked on all the same.
        settled: what others may have waited for, in the words of `NotYet.waiting_for`.
    """

    company_id: UUID | None = None
    transaction_id: UUID | None = None
    refusal_code: str = ""
    refusal_detail: str = ""
    settled: tuple[str, ...] = ()


class NotYet(Exception):
    """Raised by a handler: something that the event needs is not there yet. It is parked, not failed.

    Args:
        waiting_for: what has to come first, such as `booking:4711`.
        detail: one sentence for people, without personal data.
        retry_after: when to look again by itself; None = after the usual pause.
    """

    def __init__(self, waiting_for: str, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(waiting_for)
        self.waiting_for, self.detail, self.retry_after = waiting_for, detail, retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What one type of event calls for.

    Attributes:
        company_of: whose it is, by its raw data; None when that cannot be told.
        handle: does it, within the transaction of the inbox row. Raises `NotYet`, or a ServiceError when it can
            never work; either way whatever it has done is undone.
    """

    company_of: Callable[[dict[str, Any]], UUID | None]
    handle: Callable[[Incoming], Handled]


Handlers = Mapping[str, Handler]
"""By type of event. Other types are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is known of an event.

    Attributes:
        is_new: whether it came for the first time.
    """

    id: UUID
    source: str
    event_id: str
    event_type: str
    status: str
    attempts: int
    waiting_for: str
    error_code: str
    error_detail: str
    transaction_id: UUID | None
    received_at: datetime
    processed_at: datetime | None
    is_new: bool = True


def receipt_of(row: InboxEvent, *, is_new: bool) -> Receipt:
    names = [name for name in Receipt.__slots__ if name != "is_new"]
    return Receipt(**{name: getattr(row, name) for name in names}, is_new=is_new)
