"""Everything that belongs to one request or one event: the wish, what happened, what was told, what came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from ledger.ids import floor_around, floor_id
from ledger.models import Command, Event, InboxEvent, OutboxMessage
from ledger.selectors.clock import database_now
from ledger.selectors.scope import Scope, commands_within, events_within, inbox_within, outbox_within

Row = TypeVar("Row", bound=Model)
MOST = 20
"""Of each kind."""
REMEMBERED = timedelta(days=31)
"""How far back requests are looked for: no index finds them, so it has to be a part of the months."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What was found, of each kind at most `MOST`, the newest first."""

    inbox: list[InboxEvent]
    commands: list[Command]
    events: list[Event]
    messages: list[OutboxMessage]


def find_trace(scope: Scope, term: str, id: UUID | None) -> Trace:
    """What the scope sees of a term.

    Args:
        term: a request's id, or the id that another service gave to an event. id: the same, if it is a whole id: then
            also that of an event, message, command, transaction or wallet of this service.

    Raises:
        OperationalError: not done within the time that statements have.
    """
    by_id = Q(pk=None) if id is None else Q(id=id)
    of_document = Q(pk=None) if id is None else Q(transaction_id=id)
    inbox = list(inbox_within(scope).filter(Q(event_id=term) | by_id | of_document).order_by("-id")[:MOST])
    named = list(outbox_within(scope).filter(by_id))
    of_stream = Q(pk=None) if id is None else Q(stream_id=id)
    first = _newest(events_within(scope), [by_id, of_stream, Q(id__in=[message.event_id for message in named])])
    requests = {term, *(str(row.id) for row in inbox), *(event.correlation_id for event in first)} - {""}
    asked = Q(correlation_id__in=requests, id__gte=floor_id(database_now() - REMEMBERED))
    events = _merged(first, _newest(events_within(scope), [asked]))
    commands = _newest(commands_within(scope), [by_id, asked, Q(id__in=[event.command_id for event in first])])
    messages = _merged(named, _newest(outbox_within(scope), _told_of({event.id for event in events})))
    return Trace(inbox, commands, events, messages)


def _told_of(event_ids: set[UUID]) -> list[Q]:
    """The messages about events: made with them, so the months before are left alone."""
    return [Q(event_id__in=event_ids, id__gte=floor_around(min(event_ids)))] if event_ids else []


def _merged(first: list[Row], more: list[Row]) -> list[Row]:
    found = {row.pk: row for row in [*first, *more]}
    return [found[id] for id in sorted(found, reverse=True)[:MOST]]


def _newest(rows: QuerySet[Row], conditions: Iterable[Q]) -> list[Row]:
    """One query a condition: of an OR of them no index would be used."""
    return _merged([], [row for condition in conditions for row in rows.filter(condition).order_by("-id")[:MOST]])
