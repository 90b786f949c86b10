"""The months of the large tables: made by the service's own role, found by id without looking into the others."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, connection
from django.db.transaction import atomic, set_rollback

from ledger.ids import created_at, floor_around, floor_id, new_event_id
from ledger.models import Event, OutboxMessage, Posting, Transaction
from ledger.selectors.months import months_ahead, tables_without_next_month
from ledger.services import partitions
from ledger.services.invariants import INVARIANTS
from ledger.services.partitions import ensure_partitions
from tests.ledger.books import Books, post
from tests.ledger.connecting import connected_as_owner

TABLES = (
    "compliance_auditrecord",
    "compliance_dataaccesslog",
    "ledger_event",
    "ledger_outboxmessage",
    "ledger_posting",
    "ledger_transaction",
)


def month(ahead: int) -> str:
    """The end of a partition's name, so many months from now."""
    now = datetime.now(UTC)
    index = now.year * 12 + now.month - 1 + ahead
    return f"{index // 12}_{index % 12 + 1:02}"


def floor_of(month: str) -> date:
    return datetime.strptime(month, "%Y_%m").replace(tzinfo=UTC).date()


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


def unguarded() -> list[tuple[str, ...]]:
    """What the invariants say of the guards."""
    found = []
    with connection.cursor() as cursor:
        for guards in (invariant for invariant in INVARIANTS if invariant.id in ("I7", "I7b")):
            cursor.execute(guards.sql)
            found += cursor.fetchall()
    return found


@pytest.mark.usefixtures("db")
def test_the_services_role_makes_what_is_missing_guards_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MONTHS_AHEAD", 5)
    made = ensure_partitions()
    assert made == [f"{table}_{month(ahead)}" for table in TABLES for ahead in (4, 5)]
    assert ensure_partitions() == []
    assert unguarded() == []


@pytest.mark.usefixtures("db")
def test_older_months_are_made_when_somebody_asks_for_them() -> None:
    made = ensure_partitions(since=floor_of(month(-3)))
    assert made == [f"{table}_{month(ahead)}" for table in TABLES for ahead in (-3, -2)]
    assert unguarded() == []


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("since", [date(1999, 12, 31), date.min])
def test_nobody_needs_months_before_there_were_wallets(since: date) -> None:
    with pytest.raises(DataError, match="far enough"):
        ensure_partitions(since=since)


@pytest.mark.usefixtures("db")
def test_how_far_ahead_the_months_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert months_ahead() == dict.fromkeys(TABLES, 3)
    monkeypatch.setattr(partitions, "MONTHS_AHEAD", 40)
    ensure_partitions()
    assert months_ahead() == dict.fromkeys(TABLES, 12), "nobody looks further"


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(("missing", "ahead"), [(1, 0), (0, -1), (2, 1)])
def test_a_month_that_is_missing_is_told(missing: int, ahead: int) -> None:
    with connected_as_owner(), atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE ledger_event DETACH PARTITION ledger_event_{month(missing)}")
        assert months_ahead()["ledger_event"] == ahead
        assert tables_without_next_month() == (["ledger_event"] if ahead < 1 else [])
        set_rollback(True)


@pytest.mark.usefixtures("db")
def test_months_begin_where_ids_of_the_month_begin() -> None:
    with connection.cursor() as cursor:
        for moment in (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)):
            cursor.execute("SELECT ledger_month_floor(%s::date)", [moment.date()])
            assert cursor.fetchone() == (floor_id(moment),)


def test_what_follows_from_something_is_not_much_older() -> None:
    """By its id; a week is more than clocks differ."""
    id = new_event_id()
    assert timedelta(days=7) <= created_at(id) - created_at(floor_around(id)) < timedelta(days=7, seconds=1)
    assert floor_around(UUID(int=1)) == UUID(int=0), "nothing is older than time"


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
        table: {f"{table}_{month(0)}"} for table in plans
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
