"""Events and their postings as text, column by column, the way they are sealed (docs/sealing.md).

The columns come from the models, so one that is added is sealed from then on. Postgres itself writes the values: its
text tells apart whatever a column can hold, whoever put it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, models
from django.db.transaction import atomic
from psycopg import sql

from ledger.core.leaves import Part, Row, parts_of
from ledger.models import Event, Posting


def columns_of(model: type[models.Model]) -> list[str]:
    """The names of a table's columns, in the order of the model."""
    return [str(field.column) for field in model._meta.concrete_fields]


@dataclass(frozen=True, slots=True)
class EventRows:
    """The row of an event, and those of its postings in the order of their ids."""

    event: Row
    postings: list[Row] = field(default_factory=list)

    def parts(self) -> list[Part]:
        return parts_of(self.event, self.postings)


def texts_of(alias: str, columns: Iterable[str]) -> sql.Composed:
    """Columns of a table as Postgres writes them."""
    return sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(alias, name)) for name in columns)


_EVENT_COLUMNS, _POSTING_COLUMNS = columns_of(Event), columns_of(Posting)
_EVENTS = sql.SQL("SELECT {} FROM ledger_event AS e WHERE e.id = ANY(%s)").format(texts_of("e", _EVENT_COLUMNS))
_POSTINGS = sql.SQL("""
    SELECT e.id, {}
    FROM unnest(%s::uuid[]) AS e(id)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_posting WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
        OFFSET 0  -- keeps the planner from comparing every event with every posting
    ) AS p
    ORDER BY p.id
""").format(texts_of("p", _POSTING_COLUMNS))
FORM_OF_TIMES = "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true)"


def read_rows(event_ids: Sequence[UUID]) -> dict[UUID, EventRows]:
    """The rows of events; ids without an event are left out. Four queries, however many events."""
    ids = list(event_ids)
    with atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(FORM_OF_TIMES)
        cursor.execute(_EVENTS, [ids])
        events = (dict(zip(_EVENT_COLUMNS, row, strict=True)) for row in cursor.fetchall())
        found = {UUID(event["id"]): EventRows(event) for event in events}
        cursor.execute(_POSTINGS, [list(found)])
        for event_id, *row in cursor.fetchall():
            found[event_id].postings.append(dict(zip(_POSTING_COLUMNS, row, strict=True)))
    return found
