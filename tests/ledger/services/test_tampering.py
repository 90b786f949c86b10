"""Whatever is done to one column of one sealed row is found, and the row is named (ADR 0018)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.transaction import atomic, set_rollback
from pytest_django import DjangoDbBlocker

from ledger.core.findings import EVENT, POSTING, Finding
from ledger.core.leaves import DETAIL_COLUMNS, parts_of
from ledger.core.receipts import read_part
from ledger.models import Event, Posting, SealedLeaf
from ledger.selectors.row_texts import columns_of, read_rows
from ledger.services.seal_verification import check_rows
from tests.ledger.books import Books, post
from tests.ledger.connecting import tampering
from tests.ledger.sealing import leaf_of, seal_everything

ROWS = 1_000
CHANGES = {
    "uuid": ["gen_random_uuid()"],
    "character varying": ["{column} || 'x'", "reverse({column}) || ' '", "'other'"],
    "numeric": ["coalesce({column}, 0) + 0.000000000000000001", "coalesce({column}, 1) * 3 + 7", "'NaN'"],
    "bigint": ["coalesce({column}, 0) + 1", "coalesce({column}, 0) + 4294967296"],
    "integer": ["{column} + 1"],
    "smallint": ["{column} + 1"],
    "jsonb": ["""{column} || '{{"x": 1}}'""", "'{{}}'", """{column} || '{{"amount": "1.00"}}'""", "'null'"],
    "timestamp with time zone": ["{column} + interval '1 microsecond'", "'infinity'", "'0005-01-01 BC'"],
}
"""By type of column: expressions for another value."""
CHECKS = {
    "ledger_event": ("event_seq_positive", "event_not_ahead"),
    "ledger_posting": ("posting_amount", "posting_chain", "posting_not_ahead"),
}


@pytest.fixture(scope="module")
def sealed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[UUID]]:
    """The ids of a few hundred sealed events of every kind that moves money or does not."""
    with django_db_blocker.unblock():
        books = Books().open()
        alice, bob = books.wallet("1000"), books.wallet()
        for _ in range(5):
            moved = [books.transfer_with_fee(alice, bob, "1", "0.5") for _ in range(20)]
            paid = [books.payment(alice, "0.25") for _ in range(15)]
            post(*moved, *paid, *(books.transfer(bob, alice, "100000") for _ in range(5)))
        seal_everything()
        ids = list(Event.objects.order_by("-xid", "-id").values_list("id", flat=True)[:200])
        connections.close_all()
        yield ids


@contextmanager
def undone() -> Iterator[None]:
    with atomic():
        yield
        set_rollback(True)


def types_of(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table])
        return dict(cursor.fetchall())


def expressions(type: str, column: str) -> list[str]:
    if column == "id":  # of the same month
        return ["(left(id::text, 14) || right(gen_random_uuid()::text, 22))::uuid"]
    texts = [f"({text.format(column=column)})::{type}" for text in CHANGES[type]]
    return [f"CASE WHEN {column} IS NULL THEN {texts[-1]} ELSE {text} END" for text in texts]


def test_any_one_column_of_a_thousand_random_rows(sealed: list[UUID], committed_db: None) -> None:
    chance = random.Random(18)
    postings = {event_id: list(Posting.objects.of_event(event_id).values_list("id", flat=True)) for event_id in sealed}
    leaves = {event_id: leaf_of(event_id) for event_id in sealed}
    seen = set()
    with tampering() as cursor:
        types = {table: types_of(table) for table in CHECKS}
        for table, names in CHECKS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for _ in range(ROWS):
            event_id = chance.choice(sealed)
            table, id = chance.choice([(EVENT, event_id), *((POSTING, id) for id in postings[event_id])])
            column = chance.choice(sorted(types[table]))
            value = chance.choice(expressions(types[table][column], column))
            with undone():
                cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", [id])
                assert cursor.rowcount == 1
                finding = check_rows([leaves[event_id]])
            expected = "missing" if column == "id" else "changed"
            assert finding == Finding(table, str(id), expected), (table, column, value)
            seen.add((table, column))
        assert check_rows(leaves.values()) is None
    assert seen == {(table, column) for table in types for column in types[table]}


@pytest.mark.parametrize("model", [Event, Posting])
def test_every_column_is_read(sealed: list[UUID], committed_db: None, model: type[Event | Posting]) -> None:
    """A column that is added to the table is found here, until it is in the model and thereby in the leaf."""
    event_id = next(id for id in sealed if Posting.objects.of_event(id).exists())
    rows = read_rows([event_id])[event_id]
    read = rows.event if model is Event else rows.postings[0]
    assert sorted(read) == sorted(types_of(model._meta.db_table))


def test_every_column_that_is_read_is_in_exactly_one_part() -> None:
    event = {name: f"event {name}" for name in columns_of(Event)}
    postings = [{**dict.fromkeys(columns_of(Posting), "x"), "id": str(UUID(int=line))} for line in (1, 2)]
    shown, detail, *lines = (read_part(part.data) for part in parts_of(event, postings))
    assert {**shown, **detail} == event
    assert set(detail) == DETAIL_COLUMNS
    assert not set(shown) & set(detail)
    assert lines == postings


def test_an_empty_column_changes_nothing_and_a_filled_one_does() -> None:
    """A column that a later version adds leaves older leaves as they are; filling it in an old row is found."""
    row = {"id": "an event", "seq": "1"}
    (before, _), (after, _), (filled, _) = (parts_of({**row, **new}, []) for new in ({}, {"n": None}, {"n": ""}))
    assert before == after != filled


def test_a_value_and_no_value_are_two_things(sealed: list[UUID], committed_db: None) -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_event SET actor_id = NULL, session_id = NULL WHERE id = %s", [sealed[0]])
        assert check_rows([leaf_of(sealed[0])]) == Finding(EVENT, str(sealed[0]), "changed")


def test_rows_that_come_and_go_are_told_apart(sealed: list[UUID], committed_db: None) -> None:
    event_id = next(id for id in sealed if Posting.objects.of_event(id).count() == 3)
    first, _, third = Posting.objects.of_event(event_id).values_list("id", flat=True)
    leaf = leaf_of(event_id)
    copy = (
        "INSERT INTO ledger_posting"
        " (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)"
        " SELECT (left(id::text, 32) || '0004')::uuid, event_id, account_id, amount,"
        " account_seq, balance_after, effective_at, recorded_at FROM ledger_posting WHERE id = %s"
    )
    swap = (
        "UPDATE ledger_posting AS p SET account_id = o.account_id FROM ledger_posting AS o"
        " WHERE p.event_id = o.event_id AND p.id IN (%s, %s) AND o.id IN (%s, %s) AND p.id <> o.id"
    )
    cases: list[tuple[str, list[UUID], Finding]] = [
        ("DELETE FROM ledger_posting WHERE id = %s", [third], Finding(POSTING, str(third), "missing")),
        ("DELETE FROM ledger_event WHERE id = %s", [event_id], Finding(EVENT, str(event_id), "missing")),
        (copy, [first], Finding(POSTING, str(UUID(int=event_id.int + 4)), "added after the seal")),
        (swap, [first, third, first, third], Finding(POSTING, str(first), "changed")),
    ]
    with tampering() as cursor:
        for statement, ids, expected in cases:
            with undone():
                cursor.execute(statement, ids)
                assert cursor.rowcount >= 1
                assert check_rows([leaf]) == expected
        assert check_rows(SealedLeaf.objects.filter(event_id=event_id)) is None
