"""Events: what has happened. An event never changes; the state of everything is the fold of all events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

POSTINGS_PER_EVENT = 2**16 - 1
"""An event's id ends in sixteen zero bits; its postings' ids are that id plus their line number."""


class EventType(StrEnum):
    ACCOUNTS_OPENED = "AccountsOpened"
    ACCOUNT_STATUS_CHANGED = "AccountStatusChanged"
    TRANSACTION_COMPLETED = "TransactionCompleted"
    TRANSACTION_FAILED = "TransactionFailed"
    TRANSACTION_REFUNDED = "TransactionRefunded"
    TRANSACTION_REVERSED = "TransactionReversed"
    ACCOUNT_FLOOR_CHANGED = "AccountFloorChanged"
    ALLOWANCE_CHANGED = "AllowanceChanged"
    ALLOWANCE_TURNED = "AllowanceTurned"
    RESERVATION_CREATED = "ReservationCreated"
    RESERVATION_CAPTURED = "ReservationCaptured"
    RESERVATION_RELEASED = "ReservationReleased"
    RESERVATION_EXPIRED = "ReservationExpired"
    RESERVATION_EXTENDED = "ReservationExtended"
    RESERVATION_ADVANCED = "ReservationAdvanced"
    RESERVATION_REFUSED = "ReservationRefused"

    @property
    def is_of_hold(self) -> bool:
        """Whether it is a step in the life of a hold that exists."""
        return self.value.startswith("Reservation")


class Stream(StrEnum):
    """What an event's sequence number counts in: the life of a document, of an owner's accounts, of a budget, of a
    limit."""

    TRANSACTION = "transaction"
    ACCOUNTS = "accounts"
    BUDGET = "budget"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Posting:
    """One signed line on one account.

    Attributes:
        account_seq, balance_after: the account's numbering and figure after this line; None on system
            accounts, which are appended to without a lock and therefore without an order.
    """

    id: UUID
    account_id: UUID
    amount: Decimal
    account_seq: int | None
    balance_after: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact.

    Attributes:
        data: JSON-ready; together with the postings all that a replay needs.
        effective_at: when it counts. `recorded_at`: when the ledger knew (database clock, after the lock).
    """

    id: UUID
    type: EventType
    stream: Stream
    stream_id: UUID
    seq: int
    data: dict[str, Any]
    effective_at: datetime
    recorded_at: datetime
    postings: tuple[Posting, ...] = ()


def posting_id(event_id: UUID, line: int) -> UUID:
    """The id of an event's nth posting (1-based): no look-up, no index and no randomness needed."""
    assert event_id.int & POSTINGS_PER_EVENT == 0, "event ids end in sixteen zero bits"
    assert 1 <= line <= POSTINGS_PER_EVENT, line
    return UUID(int=event_id.int + line)


def event_after(event_id: UUID) -> UUID:
    """The id of the next event that one command brings about: the next one with sixteen zero bits.

    It takes one of the random bits' values; a clash with another event would be refused by the primary key.
    """
    return UUID(int=event_id.int + POSTINGS_PER_EVENT + 1)
