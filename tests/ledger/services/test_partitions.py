"""The months of the large tables: made by the service's own role, found by id without looking into the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from ledger.ids import floor_id, new_event_id
from ledger.models import Event, OutboxMessage, Posting, Transaction
from ledger.services import partitions
from ledger.services.invariants import INVARIANTS
from ledger.services.partitions import ensure_partitions
from tests.ledger.books import Books, post

TABLES = ("ledger_event", "ledger_posting", "ledger_transaction", "ledger_outboxmessage")


def month(ahead: int) -> str:
    """The end of a partition's name, so many months from now."""
    now = datetime.now(UTC)
    index = now.year * 12 + now.month - 1 + ahead
    return f"{index // 12}_{index % 12 + 1:02}"


def children(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [table])
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.usefixtures("db")
def test_there_are_the_last_month_this_one_and_three_more(table: str) -> None:
    assert children(table) == {f"{table}_{month(ahead)}" for ahead in range(-1, 4)}


@pytest.mark.usefixtures("db")
def test_nothing_is_made_when_nothing_is_missing() -> None:
    assert ensure_partitions() == []


@pytest.mark.usefixtures("db")
def test_the_services_role_makes_what_is_missing_guards_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MONTHS_AHEAD", 5)
    made = ensure_partitions()
    assert made == [f"{table}_{month(ahead)}" for table in TABLES for ahead in (4, 5)]
    assert ensure_partitions() == []
    (guards,) = (invariant for invariant in INVARIANTS if invariant.id == "I7")
    with connection.cursor() as cursor:
        cursor.execute(guards.sql)
        assert cursor.fetchall() == []
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'no_truncate'")
        assert set(made) <= {name for (name,) in cursor.fetchall()}


@pytest.mark.usefixtures("db")
def test_months_begin_where_ids_of_the_month_begin() -> None:
    with connection.cursor() as cursor:
        for moment in (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)):
            cursor.execute("SELECT ledger_month_floor(%s::date)", [moment.date()])
            assert cursor.fetchone() == (floor_id(moment),)


@pytest.mark.usefixtures("db")
def test_the_last_line_of_an_event_is_the_same_here_and_there() -> None:
    event_id = new_event_id()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_last_posting_id(%s)", [event_id])
        assert cursor.fetchone()[0].int == event_id.int + 2**16 - 1


def looked_into(plan: str) -> set[str]:
    """The partitions that a plan names."""
    return set(re.findall(r"on (ledger_\w+_\d{4}_\d\d)", plan))


def test_a_look_up_by_id_looks_into_one_month(books: Books) -> None:
    alice = books.wallet()
    command = books.deposit(alice, "1")
    post(command)
    message = OutboxMessage.objects.get(event_id=command.event_id)
    plans = {
        "ledger_event": Event.objects.filter(id=command.event_id).explain(),
        "ledger_transaction": Transaction.objects.filter(id=command.document.id).explain(),
        "ledger_outboxmessage": OutboxMessage.objects.filter(id=message.id).explain(),
        "ledger_posting": Posting.objects.all().of_event(command.event_id).explain(),
    }
    assert {table: looked_into(plan) for table, plan in plans.items()} == {
        table: {f"{table}_{month(0)}"} for table in TABLES
    }


@pytest.mark.usefixtures("db")
def test_a_history_since_a_day_leaves_older_months_alone() -> None:
    now = datetime.now(UTC)
    plan = Transaction.objects.filter(id__gte=floor_id(now)).explain()
    assert f"ledger_transaction_{month(-1)}" not in looked_into(plan)
    assert f"ledger_transaction_{month(0)}" in looked_into(plan)


@pytest.mark.usefixtures("db")
def test_there_is_no_place_for_rows_of_other_times() -> None:
    """A month that nobody made is an error to be seen, not a default partition that grows in silence."""
    with pytest.raises(IntegrityError, match="no partition"), atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_event (id, type, stream, stream_id, seq, schema_version, data, command_id, actor_type,"
            " correlation_id, effective_at, recorded_at, xid)"
            " VALUES (%s, '', '', gen_random_uuid(), 1, 1, '{}', gen_random_uuid(), '', '', now(), now(), 1)",
            [floor_id(datetime(2020, 1, 1, tzinfo=UTC))],
        )
