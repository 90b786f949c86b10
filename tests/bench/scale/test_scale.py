"""The large ledger is a true one, and what is measured of it is measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker
from rich.console import Console
from rich.progress import Progress

from tests.bench.scale.figures import GOALS, LARGE, SMALL, as_json, show
from tests.bench.scale.filling import MONTHS
from tests.bench.scale.ledgers import Ledger, make_ledger, on
from tests.bench.scale.run import run
from tests.databases import new_installation
from tests.ledger.books import assert_sound, post

WALLETS, POSTINGS = 12, 600
NOT_YET = {"status", "attempts", "published_at", "position"}
"""Of a message, as long as the relay has not seen it."""


@pytest.fixture(scope="module")
def ledger(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ledger]:
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with Progress(console=Console(file=StringIO())) as progress:
            made = make_ledger(
                installation.superuser_url, installation.name, wallets=WALLETS, postings=POSTINGS, progress=progress
            )
        yield made
        made.connection.close()


@pytest.fixture
def working_on_it(committed_db: None, ledger: Ledger) -> Iterator[Ledger]:
    with on(ledger.connection):
        yield ledger


def test_it_is_as_large_as_wished_and_sound(working_on_it: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT date_trunc('month', recorded_at)), count(DISTINCT tableoid),"
            " min(recorded_at), max(recorded_at) < now() FROM ledger_posting"
        )
        assert cursor.fetchone() == (POSTINGS, MONTHS, MONTHS, working_on_it.scale.start, True)
    assert_sound()


def test_one_wallet_is_hot(working_on_it: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT owner_id, seq FROM ledger_account WHERE bucket = 'AVAILABLE' ORDER BY seq DESC")
        (first, most), (_, second), *others = cursor.fetchall()
    assert first == working_on_it.hot.wallet_id
    assert most > second
    assert len(others) == WALLETS - 2
    assert others[-1][1] > 1


def test_its_rows_are_like_those_that_the_service_writes(working_on_it: Ledger) -> None:
    books, (payer, payee, *_) = working_on_it.books, working_on_it.wallets
    made = {type: shapes_of_the_last(type) for type in ("DEPOSIT", "TRANSFER")}
    post(books.deposit(payee, "1000000"), books.transfer(payer, payee, "1.50"))
    assert {type: shapes_of_the_last(type) for type in made} == made
    assert_sound()


def shapes_of_the_last(type: str) -> dict[str, Any]:
    """Of all rows that belong to the last document of a type: which columns have something, what their JSON holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, command_id FROM ledger_transaction WHERE type = %s ORDER BY id DESC LIMIT 1", [type])
        document, command = cursor.fetchone()
        cursor.execute("SELECT id FROM ledger_event WHERE stream_id = %s", [document])
        ((event,),) = cursor.fetchall()
        wanted = {
            "ledger_transaction": ("id", document),
            "ledger_command": ("id", command),
            "ledger_event": ("id", event),
            "ledger_posting": ("event_id", event),
            "ledger_outboxmessage": ("event_id", event),
        }
        shapes = {}
        for table, (column, id) in wanted.items():
            cursor.execute(f"SELECT to_jsonb(t) FROM {table} AS t WHERE {column} = %s ORDER BY id", [id])
            shapes[table] = [shape_of(json.loads(row)) for (row,) in cursor.fetchall()]
    return shapes


def shape_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: kind_of(value) for name, value in row.items() if name not in NOT_YET}


def kind_of(value: Any) -> Any:
    """A word where there is one of a few words; otherwise what kind of value it is."""
    match value:
        case dict():
            return {name: kind_of(inner) for name, inner in value.items()}
        case list():
            return [kind_of(inner) for inner in value]
        case str() if value.isalpha() or "." in value and value.replace(".", "").isalpha():
            return value if value not in ("SYSTEM", "FINANCE") else "somebody"
        case _:
            return type(value).__name__


def test_everything_is_measured_of_both_ledgers(committed_db: None, ledger: Ledger) -> None:
    told = StringIO()
    console = Console(file=told, width=160)
    figures = run({SMALL: ledger, LARGE: ledger}, rounds=1, seconds=0.05, console=console)
    show(figures, console)
    found = json.loads(json.dumps(as_json(figures)))
    assert told.getvalue().count("invariants hold") == 2
    assert [goal["what"] for goal in found["goals"]] == [goal.what for goal in GOALS]
    assert all(goal["seen"] > 0 for goal in found["goals"])
    assert all(set(one["rounds"]) == {SMALL, LARGE} for one in found["figures"].values())
    with on(ledger.connection):
        assert_sound()
