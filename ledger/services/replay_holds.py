"""Rebuild every hold from the history of its document and compare it with what is stored (I20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ledger.core.events import EventType
from ledger.core.machine import evolve_hold
from ledger.core.state import Hold
from ledger.models import Event, Reservation
from ledger.money import plain
from ledger.selectors.events import core_event
from ledger.selectors.holds import hold_of, steps_of_holds

CHUNK = 2_000
_NOT_COMPARED = {"seq"}  # the document's, which also counts what happened to it after the hold had ended


@dataclass(frozen=True, slots=True)
class Difference:
    """Where stored and replayed figures part.

    Attributes:
        kind: "account" or "reservation"; `id` is its id.
        event_id: the first event whose posting does not follow from those before; None when every posting
            fits and only the row itself is off.
    """

    kind: str
    id: UUID
    what: str
    stored: str
    replayed: str
    event_id: UUID | None


def replay_holds() -> tuple[int, Difference | None]:
    """Fold the steps of every hold, in the caller's snapshot, with memory for one chunk of holds.

    Returns:
        How many holds there are by the events, and the first difference, if any.
    """
    seen = 0
    headless = _first_headless()
    if headless is not None:
        return seen, headless
    for chunk in _chunks(_folded()):
        seen += len(chunk)
        broken = _first_difference(chunk)
        if broken is not None:
            return seen, broken
    if Reservation.objects.count() != seen:
        return seen, _first_unknown()
    return seen, None


def _first_headless() -> Difference | None:
    """A history that does not begin with the making of its hold cannot be folded."""
    row = steps_of_holds().exclude(stream_id__in=_made()).first()
    if row is None:
        return None
    return Difference("reservation", UUID(row.facts["hold_id"]), "reservation", "in use", "never made", row.id)


def _made() -> QuerySet[Any, Any]:
    return Event.objects.filter(type=EventType.RESERVATION_CREATED, seq=1).values("stream_id")


def _folded() -> Iterator[Hold]:
    rows = steps_of_holds().iterator(CHUNK)
    for _, steps in groupby(rows, key=lambda row: row.stream_id):
        hold: Hold | None = None
        for row in steps:
            hold = evolve_hold(hold, core_event(row))
        assert hold is not None, "a group has a member"
        yield hold


def _chunks(holds: Iterator[Hold]) -> Iterator[dict[UUID, Hold]]:
    chunk: dict[UUID, Hold] = {}
    for hold in holds:
        chunk[hold.id] = hold
        if len(chunk) == CHUNK:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


def _first_difference(replayed: dict[UUID, Hold]) -> Difference | None:
    rows = Reservation.objects.filter(id__in=replayed).select_related("transaction")
    stored = {row.id: hold_of(row) for row in rows}
    for id, hold in replayed.items():
        if id not in stored:
            return Difference("reservation", id, "reservation", "missing", "made", None)
        for field in fields(Hold):
            here, there = getattr(stored[id], field.name), getattr(hold, field.name)
            if here != there and field.name not in _NOT_COMPARED:
                return Difference("reservation", id, field.name, figure_text(here), figure_text(there), None)
    return None


def _first_unknown() -> Difference:
    row = Reservation.objects.exclude(transaction_id__in=_made()).order_by("id").first()
    assert row is not None, "there are more rows than histories"
    return Difference("reservation", row.id, "reservation", "stored", "never made", None)


def figure_text(figure: object) -> str:
    """A figure as a report names it."""
    return plain(figure) if isinstance(figure, Decimal) else str(figure)
