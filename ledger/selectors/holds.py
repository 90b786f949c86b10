"""Holds: as the machine sees them, as clients list them, and those that were open at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When

from ledger.core.allowances import EnvelopeKind
from ledger.core.events import EventType, Stream
from ledger.core.held import evolve_hold, part_from_data
from ledger.core.stages import TransactionState
from ledger.core.state import Hold, HoldStatus, Part
from ledger.days import ONE_DAY
from ledger.models import Account, Event, Reservation
from ledger.selectors.clock import database_now
from ledger.selectors.events import core_event
from ledger.selectors.scope import Scope, reservations_within

_NO_STAGE = TransactionState.BALANCE_RESERVED  # of a hold that has ended; evolve_hold says the same

__all__ = ["Hold", "HoldStatus", "Part", "Reservation"]


def read_holds(ids: Iterable[UUID]) -> dict[UUID, Hold]:
    """The stored state of holds, by id. Call it after the lock of their accounts to decide on what it says."""
    rows = Reservation.objects.filter(id__in=list(ids)).select_related("transaction")
    return {row.id: hold_of(row) for row in rows}


def hold_of(row: Reservation) -> Hold:
    """A row, read together with its document, as the machine sees it."""
    status = HoldStatus(row.status)
    return Hold(
        id=row.id,
        transaction_id=row.transaction_id,
        seq=row.transaction.version,
        wallet_id=row.wallet_id,
        destination_wallet_id=row.destination_wallet_id,
        asset=row.asset_id,
        amount=row.amount,
        captured=row.captured_amount,
        released=row.released_amount,
        status=status,
        stage=TransactionState(row.transaction.state) if status is HoldStatus.ACTIVE else _NO_STAGE,
        expires_at=row.expires_at,
        purpose=row.purpose,
        reference_type=row.transaction.reference_type,
        reference_id=row.transaction.reference_id,
        parts=tuple(map(part_from_data, row.parts)),
    )


def get_reservation(id: UUID) -> Reservation | None:
    """A hold with its document."""
    return Reservation.objects.filter(id=id).select_related("transaction").first()


def find_reservations(wallets: QuerySet[Any], *, wallet_id: UUID | None, status: str | None) -> QuerySet[Reservation]:
    """The holds on any of `wallets`, of one wallet and one status if given."""
    found = Reservation.objects.filter(wallet_id__in=wallets.values("id")).select_related("transaction")
    if wallet_id is not None:
        found = found.filter(wallet_id=wallet_id)
    if status is not None:
        found = found.filter(status=status)
    return found


def open_reservations(wallet_id: UUID) -> QuerySet[Reservation]:
    """What a wallet has set aside just now, the next deadline first."""
    return Reservation.objects.filter(wallet_id=wallet_id, status=HoldStatus.ACTIVE.value).order_by("expires_at", "id")


def reservation_of(transaction_id: UUID) -> Reservation | None:
    """The hold that a document is about."""
    return Reservation.objects.filter(transaction_id=transaction_id).first()


@dataclass(frozen=True, slots=True)
class HoldsOfAge:
    """Open holds of one asset of about the same age.

    Attributes:
        age: the place of the first of the asked ages that they have not reached; the number of these = older.
        left: what they still keep.
        due: how many of them end within a day.
    """

    asset: str
    age: int
    holds: int
    left: Decimal
    due: int


def open_holds_by_age(scope: Scope, now: datetime, ages: Sequence[timedelta]) -> list[HoldsOfAge]:
    """How long the open holds of a scope have been standing. One query.

    Args:
        ages: ascending.
    """
    places = [When(created_at__gt=now - age, then=Value(place)) for place, age in enumerate(ages)]
    place = Case(*places, default=Value(len(ages)), output_field=IntegerField())
    held = reservations_within(scope).filter(status=HoldStatus.ACTIVE.value)
    rows = held.annotate(age=place).order_by("asset_id", "age").values_list("asset_id", "age")
    left = Sum(F("amount") - F("captured_amount") - F("released_amount"))
    due = Count("id", filter=Q(expires_at__lte=now + ONE_DAY))
    return [HoldsOfAge(*row) for row in rows.annotate(holds=Count("id"), left=left, due=due)]


def envelopes_of_holds(rows: Iterable[Reservation]) -> dict[UUID, list[UUID]]:
    """The periods of budgets that holds lie in, by the hold's id; one query however many."""
    parts = {row.id: [UUID(part["held"]) for part in row.parts] for row in rows}
    named = {id for ids in parts.values() for id in ids}
    owners = dict(
        Account.objects.filter(id__in=named, owner_type=EnvelopeKind.BUDGET.value).values_list("id", "owner_id")
    )
    return {hold_id: [owners[id] for id in ids if id in owners] for hold_id, ids in parts.items()}


def overdue_holds(limit: int) -> list[Hold]:
    """Holds whose deadline has passed by the database's clock and that still stand open, oldest deadline first."""
    overdue = Reservation.objects.filter(status=HoldStatus.ACTIVE.value, expires_at__lte=database_now())
    return [hold_of(row) for row in overdue.select_related("transaction").order_by("expires_at")[:limit]]


def open_holds_at(*, wallet_id: UUID, at: datetime, known_at: datetime) -> list[Hold]:
    """The holds of a wallet that held something at an instant, as it was known at another; folded from their events.

    Args:
        wallet_id: whose money is held, or who may expect it.
    """
    instant = min(at, known_at)
    touching = Q(wallet_id=wallet_id) | Q(destination_wallet_id=wallet_id)
    was_open = Q(status=HoldStatus.ACTIVE.value) | Q(updated_at__gt=instant)
    rows = Reservation.objects.filter(touching, was_open, created_at__lte=instant)
    documents = list(rows.values_list("transaction_id", flat=True))
    steps = Event.objects.filter(
        stream=Stream.TRANSACTION, stream_id__in=documents, effective_at__lte=at, recorded_at__lte=known_at
    )
    holds: dict[UUID, Hold] = {}
    for event in map(core_event, steps.order_by("stream_id", "seq")):
        if event.type.is_of_hold:
            holds[event.stream_id] = evolve_hold(holds.get(event.stream_id), event)
    return [hold for hold in holds.values() if hold.status is HoldStatus.ACTIVE]


def steps_of_holds() -> QuerySet[Event]:
    """Every step of every hold, hold by hold and in order."""
    types = [type.value for type in EventType if type.is_of_hold]
    return Event.objects.filter(stream=Stream.TRANSACTION, type__in=types).order_by("stream_id", "seq")
