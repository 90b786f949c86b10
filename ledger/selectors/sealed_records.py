"""Records of the floors above as text, column by column, the way they are sealed (docs/sealing.md).

A model says by class attributes that its rows are sealed: `SEALED`, and `ERASABLE_COLUMNS`, those that the law may want
erased one day. It is append-only, its id is a UUID, and its column `xid` names the database transaction that wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.transaction import atomic
from psycopg import sql

from ledger.core.findings import Place
from ledger.core.leaves import Part, Slot, column_parts, column_slot
from ledger.selectors.row_texts import FORM_OF_TIMES, columns_of, texts_of


@cache
def sealed_models() -> tuple[type[models.Model], ...]:
    """The models whose rows are sealed as records, in the order of their tables' names."""
    found = [model for model in apps.get_models() if getattr(model, "SEALED", False)]
    return tuple(sorted(found, key=lambda model: model._meta.db_table))


def record_tables() -> tuple[str, ...]:
    return tuple(model._meta.db_table for model in sealed_models())


def read_records(record_ids: Sequence[UUID]) -> dict[UUID, list[Part]]:
    """The parts of records; ids without a record are left out. One query a table.

    An id that is in two tables has the parts of both: more than was sealed.
    """
    found: dict[UUID, list[Part]] = {}
    with atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(FORM_OF_TIMES)
        for model in sealed_models():
            table, columns = model._meta.db_table, columns_of(model)
            query = sql.SQL("SELECT {} FROM {} AS r WHERE r.id = ANY(%s)")
            cursor.execute(query.format(texts_of("r", columns), sql.Identifier(table)), [list(record_ids)])
            for values in cursor.fetchall():
                row = dict(zip(columns, values, strict=True))
                found.setdefault(UUID(row["id"]), []).extend(column_parts(table, row, _erasable(model)))
    return {id: sorted(parts, key=lambda part: part.slot) for id, parts in found.items()}


def place_of_column(record_id: UUID, slot: Slot) -> Place:
    """Which column of which table a part of a record is. One that no model has any more stays a number."""
    table, column = _columns_by_slot().get(slot, ("column", str(slot.line)))
    return Place(table, record_id, column)


@cache
def _columns_by_slot() -> dict[Slot, tuple[str, str]]:
    named = [
        (column_slot(model._meta.db_table, column, _erasable(model)), (model._meta.db_table, column))
        for model in sealed_models()
        for column in columns_of(model)
    ]
    by_slot = dict(named)
    assert len(by_slot) == len(named), "two columns have the same mark: give the new one another name"
    return by_slot


def _erasable(model: type[models.Model]) -> frozenset[str]:
    erasable: frozenset[str] = getattr(model, "ERASABLE_COLUMNS", frozenset())
    return erasable
