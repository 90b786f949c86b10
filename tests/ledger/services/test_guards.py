"""What the database refuses to anyone who has not switched its guards off, the owner of the tables included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from ledger.core.events import posting_id
from ledger.ids import new_event_id
from ledger.services.invariants import INVARIANTS
from tests.compliance.factories import make_cast
from tests.ledger.books import LEDGER_TABLES, Books
from tests.ledger.connecting import connected_as_owner, superuser
from tests.ledger.services.conftest import HoldStory, Story
from tests.ledger.services.test_hold_invariants import names

APPEND_ONLY = ("ledger_event", "ledger_posting")
RECORDS = ("compliance_auditrecord", "compliance_dataaccesslog")
PARTITIONED = (*APPEND_ONLY, "ledger_transaction", "ledger_outboxmessage", *RECORDS)

FIXED = {
    "ledger_account": ("id", "owner_type", "owner_id", "book", "asset_id", "bucket", "opened_at"),
    "ledger_command": (
        "id", "scope", "key", "request_hash", "type", "actor_id", "received_at", "outcome", "refusal_code",
        "transaction_id", "reply_status", "reply_body",
    ),
    "ledger_transaction": (
        "id", "company_id", "type", "source_wallet_id", "destination_wallet_id", "asset_id", "amount", "fee_amount",
        "total_amount", "command_id", "initiated_by", "created_at", "original_transaction_id",
    ),
    "ledger_reservation": ("id", "transaction_id", "wallet_id", "asset_id", "amount", "purpose", "created_at"),
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
def as_owner(story: Story, hold_story: HoldStory) -> Iterator[None]:
    with connected_as_owner(), atomic():
        yield
        connection.set_rollback(True)


REFUSALS = (IntegrityError, ProgrammingError)


@pytest.fixture
def recorded(committed_db: None) -> None:
    """An audit record and a look, to stay."""
    cast = make_cast()
    create_company(name="Nordwind", origin=Origin())
    look = Origin(cast.frida.id, "FINANCE")
    record_look(origin=look, subject_ids=[cast.alice.id], fields=["email"], context="GET here")


def refusal_of(statement: str) -> str:
    with connection.cursor() as cursor, pytest.raises(REFUSALS) as refused:
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
    assert len(partitions) == len(PARTITIONED) * 5  # the months from the last to three ahead
    for partition in partitions:
        with pytest.raises(REFUSALS, match="TRUNCATE refused"), atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {partition} CASCADE")


@pytest.mark.parametrize("parent", PARTITIONED)
def test_a_month_that_was_made_now_is_guarded(as_owner: None, parent: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_ensure_partitions(4)")
        month = next(name for (name,) in cursor.fetchall() if name.startswith(parent))
    assert "TRUNCATE refused" in refusal_of(f"TRUNCATE {month}")


def month_with_rows(parent: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {parent} LIMIT 1")
        return str(cursor.fetchone()[0])


CHANGE = {
    "ledger_transaction": "UPDATE {} SET amount = amount + 1, total_amount = total_amount + 1",
    "ledger_outboxmessage": "UPDATE {} SET sequence = sequence + 1",
    "compliance_auditrecord": "UPDATE {} SET reason = 'none'",
    "compliance_dataaccesslog": "UPDATE {} SET reason = 'none'",
}


@pytest.mark.parametrize("parent", PARTITIONED)
def test_a_detached_month_keeps_its_guards(recorded: None, as_owner: None, parent: str) -> None:
    """What a month inherits vanishes when it is detached: it has guards of its own (ADR 0023)."""
    month = month_with_rows(parent)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {month}")
    change = CHANGE.get(parent, "UPDATE {} SET recorded_at = now()").format(month)
    for statement, verb in ((change, "UPDATE"), (f"DELETE FROM {month}", "DELETE"), (f"TRUNCATE {month}", "TRUNCATE")):
        with atomic():
            assert f"{verb} refused" in refusal_of(statement)
            connection.set_rollback(True)
    start = f"{month[-7:-3]}-{month[-2:]}-01"
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {parent} ATTACH PARTITION {month} FOR VALUES FROM (ledger_month_floor('{start}'))"
            f" TO (ledger_month_floor(('{start}'::date + interval '1 month')::date))"
        )
    assert missing_guards() == []


def missing_guards() -> list[tuple[str, str]]:
    (guards,) = (invariant for invariant in INVARIANTS if invariant.id == "I7b")
    with connection.cursor() as cursor:
        cursor.execute(guards.sql)
        return [(str(month), str(trigger)) for month, trigger in cursor.fetchall()]


@pytest.mark.parametrize("detached", [False, True])
def test_a_month_that_lost_a_guard_is_found_and_mended(as_owner: None, detached: bool) -> None:
    month = month_with_rows("ledger_event")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER own_append_only ON {month}")
        if detached:
            cursor.execute(f"ALTER TABLE ledger_event DETACH PARTITION {month}")
        assert missing_guards() == [(month, "own_append_only")]
        cursor.execute("SELECT ledger_ensure_partitions(3)")
        assert bool(missing_guards()) is detached, "what is detached is nobody's month any more"


def test_a_guard_that_changes_changes_in_every_month(as_owner: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER keep ON ledger_transaction")
        cursor.execute(
            "CREATE TRIGGER keep_on BEFORE DELETE ON ledger_transaction FOR EACH ROW"
            " EXECUTE FUNCTION ledger_refuse_change()"
        )
        cursor.execute("SELECT ledger_ensure_partitions(3)")
        cursor.execute(
            "SELECT DISTINCT tgname FROM pg_trigger WHERE tgname LIKE 'own_keep%%' AND tgrelid = %s::regclass",
            [month_with_rows("ledger_transaction")],
        )
        assert cursor.fetchall() == [("own_keep_on",)]


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


IN_THEIR_LIVES = [
    ("a hold that has ended is moved on", "UPDATE ledger_reservation SET expires_at = now() WHERE id = '{paid}'"),
    ("a hold that has ended is opened", "UPDATE ledger_reservation SET status = 'ACTIVE' WHERE id = '{paid}'"),
    ("a capture is taken back", "UPDATE ledger_reservation SET captured_amount = -1 WHERE id = '{open}'"),
    ("a release is taken back", "UPDATE ledger_reservation SET released_amount = -1 WHERE id = '{open}'"),
    ("its receiver is changed", "UPDATE ledger_reservation SET destination_wallet_id = id WHERE id = '{open}'"),
    ("its receiver is forgotten", "UPDATE ledger_reservation SET destination_wallet_id = NULL WHERE id = '{open}'"),
    (
        "it is paid to another account",
        """UPDATE ledger_reservation SET parts = jsonb_set(parts, '{{0,target}}', '"other"') WHERE id = '{open}'""",
    ),
    (
        "it is given back to another account",
        """UPDATE ledger_reservation SET parts = jsonb_set(parts, '{{0,source}}', '"other"') WHERE id = '{open}'""",
    ),
    ("a part is forgotten", "UPDATE ledger_reservation SET parts = parts - 1 WHERE id = '{open}'"),
    (
        "a document that is open grows",
        "UPDATE ledger_transaction SET amount = 31, total_amount = 31 WHERE id = '{open_document}'",
    ),
    (
        "a document that is done shrinks",
        "UPDATE ledger_transaction SET amount = 59, total_amount = 59 WHERE id = '{paid_document}'",
    ),
    (
        "a document that is done opens again",
        "UPDATE ledger_transaction SET state = 'BALANCE_RESERVED' WHERE id = '{paid_document}'",
    ),
    ("what is done fails", "UPDATE ledger_transaction SET state = 'FAILED' WHERE id = '{refunded}'"),
    ("what is reversed is done", "UPDATE ledger_transaction SET state = 'COMPLETED' WHERE id = '{reversed}'"),
    ("what is cancelled is done", "UPDATE ledger_transaction SET state = 'COMPLETED' WHERE id = '{released_document}'"),
    ("a refund is forgotten", "UPDATE ledger_transaction SET refunded_amount = 9 WHERE id = '{refunded}'"),
    ("its history is shortened", "UPDATE ledger_transaction SET version = version - 1 WHERE id = '{refunded}'"),
]  # fmt: skip


@pytest.mark.parametrize("statement", [row[1] for row in IN_THEIR_LIVES], ids=[row[0] for row in IN_THEIR_LIVES])
def test_holds_and_documents_only_go_on(as_owner: None, hold_story: HoldStory, statement: str) -> None:
    assert "UPDATE refused" in refusal_of(statement.format(**names(hold_story)))


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
