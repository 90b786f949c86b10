"""What the database refuses to anyone who has not switched its guards off, the owner of the tables included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.db.transaction import atomic

from ledger.core.events import posting_id
from ledger.ids import new_event_id
from tests.ledger.books import LEDGER_TABLES, Books
from tests.ledger.connecting import connected_as_owner, superuser
from tests.ledger.services.conftest import Story

APPEND_ONLY = ("ledger_event", "ledger_posting")
PARTITIONED = (*APPEND_ONLY, "ledger_transaction", "ledger_outboxmessage")

FIXED = {
    "ledger_account": ("id", "owner_type", "owner_id", "book", "asset_id", "bucket", "opened_at"),
    "ledger_command": (
        "id", "scope", "key", "request_hash", "type", "actor_id", "received_at", "outcome", "refusal_code",
        "transaction_id", "reply_status", "reply_body",
    ),
    "ledger_transaction": (
        "id", "company_id", "type", "source_wallet_id", "destination_wallet_id", "asset_id", "amount", "fee_amount",
        "total_amount", "command_id", "initiated_by", "created_at",
    ),
    "ledger_outboxmessage": (
        "id", "event_id", "aggregate_type", "aggregate_id", "sequence", "type", "version", "data",
    ),
}  # fmt: skip

OTHER_VALUE = {
    "uuid": "gen_random_uuid()",
    "text": "'other'",
    "character varying": "'other'",
    "numeric": "{column} + 1",
    "bigint": "{column} + 1",
    "smallint": "coalesce({column}, 0) + 1",
    "jsonb": """'{{"other": 1}}'""",
    "bytea": "'other'",
    "timestamp with time zone": "{column} + interval '1 second'",
}


@pytest.fixture
def as_owner(story: Story) -> Iterator[None]:
    with connected_as_owner(), atomic():
        yield
        connection.set_rollback(True)


def refusal_of(statement: str) -> str:
    with connection.cursor() as cursor, pytest.raises((IntegrityError, ProgrammingError)) as refused:
        cursor.execute(statement)
    return str(refused.value).splitlines()[0]


def all_partitions() -> list[str]:
    with superuser() as other:
        rows = other.execute(
            "SELECT relid::text FROM unnest(%s::text[]) AS parent, pg_partition_tree(parent::regclass) WHERE isleaf",
            [list(PARTITIONED)],
        )
        return [name for (name,) in rows]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET recorded_at = now()", "DELETE FROM {}"])
def test_history_is_not_changed_even_by_the_owner(as_owner: None, table: str, statement: str) -> None:
    assert "is append-only" in refusal_of(statement.format(table))


@pytest.mark.parametrize("table", sorted(set(LEDGER_TABLES) - set(APPEND_ONLY)))
def test_nothing_that_money_depends_on_is_deleted_even_by_the_owner(as_owner: None, table: str) -> None:
    assert "DELETE refused" in refusal_of(f"DELETE FROM {table}")


def test_a_message_stays_when_it_has_been_published(as_owner: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_outboxmessage SET status = 'PUBLISHED', published_at = now()")
    assert "DELETE refused" in refusal_of("DELETE FROM ledger_outboxmessage")


@pytest.mark.parametrize("table", LEDGER_TABLES)
def test_no_table_is_emptied_even_by_the_owner(as_owner: None, table: str) -> None:
    assert "TRUNCATE refused" in refusal_of(f"TRUNCATE {table} CASCADE")


def test_no_month_is_emptied_even_by_the_owner(as_owner: None) -> None:
    """A trigger on the parent does not stop TRUNCATE of a child (ADR 0008)."""
    partitions = all_partitions()
    assert len(partitions) == 4 * 5  # four tables, the months from the last to three ahead
    for partition in partitions:
        with pytest.raises(IntegrityError, match="TRUNCATE refused"), atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {partition} CASCADE")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_month_is_guarded_like_its_table(as_owner: None, table: str) -> None:
    months = [name for name in all_partitions() if name.startswith(table)]
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute(f"SELECT count(*) FROM {month}")
            if cursor.fetchone()[0]:
                assert "is append-only" in refusal_of(f"UPDATE {month} SET recorded_at = now()")
                return
    pytest.fail("no month has rows")


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in FIXED for column in FIXED[table]])
def test_what_a_row_is_stays(as_owner: None, table: str, column: str) -> None:
    value = OTHER_VALUE[_type_of(table, column)].format(column=column)
    assert "UPDATE refused" in refusal_of(f"UPDATE {table} SET {column} = {value}")


def _type_of(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            [table, column],
        )
        return str(cursor.fetchone()[0])


UNBALANCED = {
    "one line": [("event", "alice", "10")],
    "two lines that differ": [("event", "alice", "-10"), ("event", "bob", "9.999999999999999999")],
    "two events that only balance together": [("event", "alice", "-10"), ("other event", "bob", "10")],
    "two assets that only balance together": [("event", "alice", "-10"), ("event", "dollars", "10")],
}


@pytest.mark.parametrize("lines", UNBALANCED.values(), ids=UNBALANCED.keys())
def test_postings_that_do_not_add_up_are_refused(books: Books, lines: list[tuple[str, str, str]]) -> None:
    accounts = {
        "alice": books.wallet(),
        "bob": books.wallet(),
        "dollars": Books(books.company_id, "USD").open().wallet(),
    }
    events = {"event": new_event_id(), "other event": new_event_id()}
    rows = ", ".join(
        f"('{posting_id(events[event], line)}', '{events[event]}', '{accounts[account].account_id}', {amount}, 1, 1,"
        " now(), now())"
        for line, (event, account, amount) in enumerate(lines, start=1)
    )
    assert "not to zero" in refusal_of(
        "INSERT INTO ledger_posting"
        " (id, event_id, account_id, amount, account_seq, balance_after, effective_at, recorded_at)"
        f" VALUES {rows}"
    )


DENIED = [
    *(f"{statement} {table}" for table in LEDGER_TABLES for statement in ("TRUNCATE", "DELETE FROM")),
    "UPDATE ledger_event SET data = '{}'",
    "UPDATE ledger_posting SET amount = 1",
    "UPDATE ledger_asset SET scale = 2",
    "INSERT INTO ledger_asset (code) VALUES ('GOLD')",
    "ALTER TABLE ledger_posting DISABLE TRIGGER ALL",
    "DROP TABLE ledger_posting",
    "DROP TRIGGER append_only ON ledger_posting",
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "SET ROLE wallet_test_owner",
]  # fmt: skip


@pytest.mark.parametrize("statement", DENIED)
def test_the_services_own_role_may_not(books: Books, statement: str) -> None:
    message = refusal_of(statement)
    assert "permission denied" in message or "must be owner" in message


def test_the_services_own_role_may_not_reach_a_month_directly(books: Books) -> None:
    for partition in all_partitions():
        for statement in (f"SELECT 1 FROM {partition}", f"DELETE FROM {partition}", f"TRUNCATE {partition}"):
            with pytest.raises(ProgrammingError, match="permission denied"), atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
