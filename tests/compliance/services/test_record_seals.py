"""The audit trail under its seals: whatever a superuser does to it is found, and the row is named (ADR 0030)."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from compliance.models import AuditRecord, DataAccessLog
from ledger.core.findings import Finding
from ledger.core.leaves import read_leaf, seal_parts
from ledger.core.merkle import leaf_hash
from ledger.models import RecordNode, RecordSeal, SealedRecord
from ledger.selectors.row_texts import columns_of
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.selectors.sealed_logs import EVENTS, RECORDS
from ledger.selectors.sealed_records import read_records, sealed_models
from ledger.selectors.seals import head_of
from ledger.services.anchoring import AnchorMismatch
from ledger.services.seal_verification import check_rows, verify_seals
from ledger.services.sealing import TreeBroken, seal_log
from tests.compliance.factories import Cast, make_cast
from tests.compliance.sealing import last_record_seal, leaf_of_record, seal_records, wait_for_records, write_records
from tests.ledger.books import Books
from tests.ledger.connecting import tampering
from tests.ledger.sealing import seal_everything
from tests.wallets.scene import undone

CHANGE, LOOK = "compliance_auditrecord", "compliance_dataaccesslog"
SEAL, LEAF, NODE = "ledger_recordseal", "ledger_sealedrecord", "ledger_recordnode"
OTHERS: dict[str, str] = {
    "uuid": "gen_random_uuid()",
    "character varying": "{column} || 'x'",
    "inet": "'203.0.113.9'",
    "jsonb": """'{{"a": 1}}'""",
    "ARRAY": "ARRAY['password']",
    "bigint": "{column} + 4294967296",
    "timestamp with time zone": "{column} + interval '1 microsecond'",
}
"""By type of column: another value."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A sealed change and a sealed look in the middle of others."""

    cast: Cast
    change: AuditRecord
    look: DataAccessLog
    anchor: Path


@pytest.fixture
def trail(committed_db: None, settings: Settings, tmp_path: Path) -> Trail:
    settings.SEAL_ANCHOR_FILE = str(tmp_path / "seals.ndjson")
    cast = make_cast()
    write_records(cast)
    change, look = write_records(cast)
    seal_records()
    for _ in range(2):
        write_records(cast)
        seal_records()
    return Trail(cast, change, look, tmp_path / "seals-records.ndjson")


def types_of(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table])
        return dict(cursor.fetchall())


def test_nothing_is_found_where_nothing_is_broken(trail: Trail) -> None:
    report = verify_seals(log=RECORDS)
    assert report.finding is None
    assert (report.seals, report.leaves) == (RecordSeal.objects.count(), SealedRecord.objects.count())
    assert {leaf_of_record(id).record_id for id in (trail.change.id, trail.look.id)} == {trail.change.id, trail.look.id}
    assert len(trail.anchor.read_text().splitlines()) == report.seals


@pytest.mark.parametrize("table", [CHANGE, LOOK])
def test_any_one_column_is_found_and_named(trail: Trail, table: str) -> None:
    row_id = trail.change.id if table == CHANGE else trail.look.id
    with tampering() as cursor:
        for column, type in types_of(table).items():
            value = OTHERS[type].format(column=column)
            if column == "id":  # of the same month
                value = "(left(id::text, 14) || right(gen_random_uuid()::text, 22))::uuid"
            with undone():
                cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", [row_id])
                assert cursor.rowcount == 1
                found = verify_seals(log=RECORDS).finding
            assert found == Finding(table, str(row_id), "missing" if column == "id" else f"{column} changed")
        with undone():
            cursor.execute(f"UPDATE {table} SET session_id = NULL WHERE id = %s", [row_id])
            assert verify_seals(log=RECORDS).finding == Finding(table, str(row_id), "session_id missing")


def copied(row: AuditRecord, **changed: str) -> str:
    columns = columns_of(AuditRecord)
    values = ", ".join(changed.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {CHANGE} ({names}) SELECT {values} FROM {CHANGE} WHERE id = '{row.id}'"


def test_rows_that_come_and_go_are_told_apart(trail: Trail) -> None:
    change, look = trail.change, trail.look
    old_id = UUID(int=change.id.int ^ 1)
    newest = AuditRecord.objects.filter(company_id=change.company_id).latest("id")
    swap = (
        f"UPDATE {CHANGE} AS a SET event_type = b.event_type, xid = b.xid FROM {CHANGE} AS b"
        f" WHERE a.id IN ('{change.id}', '{newest.id}') AND b.id IN ('{change.id}', '{newest.id}') AND a.id <> b.id"
    )
    looks = ", ".join(f'"{column}"' for column in columns_of(DataAccessLog))
    twin = (
        f"INSERT INTO {LOOK} ({looks}) SELECT"
        f" {looks.replace(chr(34) + 'id' + chr(34), repr(str(change.id)), 1)} FROM {LOOK} WHERE id = '{look.id}'"
    )
    cases = [
        (f"DELETE FROM {CHANGE} WHERE id = '{change.id}'", Finding(CHANGE, str(change.id), "missing")),
        (f"DELETE FROM {LOOK} WHERE id = '{look.id}'", Finding(LOOK, str(look.id), "missing")),
        (f"DELETE FROM {CHANGE} WHERE id = '{newest.id}'", Finding(CHANGE, str(newest.id), "missing")),
        (copied(change, id=f"'{old_id}'"), Finding(CHANGE, str(old_id), "added below the horizon of the seals")),
        (swap, Finding(CHANGE, str(change.id), "xid changed")),
    ]
    with tampering() as cursor:
        for statement, expected in cases:
            with undone():
                cursor.execute(statement)
                assert cursor.rowcount >= 1
                assert verify_seals(log=RECORDS).finding == expected
        with undone():
            cursor.execute(twin)
            found = verify_seals(log=RECORDS).finding
            assert found is not None
            assert (found.table, found.id) == (LOOK, str(change.id))
            assert found.what.endswith(" added after the seal")


def test_the_newest_rows_cannot_be_cut_off_with_their_seals(trail: Trail) -> None:
    """Rows, leaves, nodes and seal go together; only the file outside remembers."""
    last = last_record_seal()
    with tampering() as cursor:
        for table in (CHANGE, LOOK):
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT record_id FROM {LEAF} WHERE index >= %s)", [last.first_index]
            )
        cursor.execute(f"DELETE FROM {SEAL} WHERE id = %s", [last.id])
        cursor.execute(f"DELETE FROM {LEAF} WHERE index >= %s", [last.first_index])
        cursor.execute(f"DELETE FROM {NODE} WHERE (index + 1) << level > %s", [last.first_index])
        found = verify_seals(log=RECORDS).finding
        assert found == Finding(SEAL, f"number {last.number}", "missing, but in the anchor file")
        with pytest.raises(AnchorMismatch, match=f"knows record seal {last.number}, the database does not"):
            seal_log(RECORDS)


def test_the_tree_and_the_seals_themselves_are_checked(trail: Trail) -> None:
    leaf = leaf_of_record(trail.change.id)
    seal = RecordSeal.objects.filter(tree_size__gt=leaf.index).earliest("number")
    unsigned = f"seal {seal.number} was changed, or is not signed by a trusted key"
    cases = [
        *(
            (f"UPDATE {SEAL} SET {column} = {value} WHERE id = '{seal.id}'", Finding(SEAL, str(seal.id), unsigned))
            for column, value in {
                "tree_size": "tree_size + 1000000",
                "root": "sha256('x')",
                "horizon_xid": "horizon_xid + 1",
                "sealed_at": "sealed_at + interval '1 second'",
                "key_id": "'other'",
            }.items()
        ),
        (f"DELETE FROM {SEAL} WHERE id = '{seal.id}'", Finding(SEAL, f"number {seal.number}", "missing")),
        (
            f"UPDATE {LEAF} SET secret = sha256('x') WHERE index = {leaf.index}",
            Finding(LEAF, str(leaf.index), "changed"),
        ),
        (
            f"UPDATE {LEAF} SET secret = substr(secret, 1, 16) || sha256('x') WHERE index = {leaf.index}",
            Finding(CHANGE, str(trail.change.id), "ip_address changed"),
        ),
        (f"DELETE FROM {LEAF} WHERE index = {leaf.index}", Finding(LEAF, str(leaf.index), "missing")),
        (f"UPDATE {NODE} SET hash = sha256('x') WHERE level = 2 AND index = 0", Finding(NODE, "2/0", "changed")),
    ]
    with tampering() as cursor:
        for statement, expected in cases:
            with undone():
                cursor.execute(statement)
                assert cursor.rowcount == 1
                assert verify_seals(log=RECORDS).finding == expected


def test_a_row_that_was_rewritten_with_its_leaf_meets_the_tree(trail: Trail) -> None:
    leaf = leaf_of_record(trail.change.id)
    with tampering() as cursor:
        cursor.execute(f"UPDATE {CHANGE} SET reason = 'Another.' WHERE id = %s", [trail.change.id])
        parts = read_records([trail.change.id])[trail.change.id]
        data = seal_parts(leaf.index, trail.change.id, parts, bytes(leaf.secret)).data()
        rewrite = f"UPDATE {LEAF} SET data = %s, hash = %s WHERE index = %s"
        cursor.execute(rewrite, [data, leaf_hash(data), leaf.index])
        found = verify_seals(log=RECORDS).finding
    assert found is not None
    assert found.table in {LEAF, NODE}


def test_a_seal_over_the_one_tree_is_none_over_the_other(trail: Trail) -> None:
    """The same figures under the same key: what the signature is for is signed too."""
    seal, verify = last_record_seal(), Verifier(public_keys())
    assert verify(head_of(seal, RECORDS), bytes(seal.signature))
    assert not verify(head_of(seal, EVENTS), bytes(seal.signature))


def test_the_command_tells_of_both_trees(trail: Trail) -> None:
    books = Books().open()
    books.wallet("1")
    seal_everything()
    output = StringIO()
    call_command("verify_seals", stdout=output)
    assert f"{SealedRecord.objects.count()} records are as {RecordSeal.objects.count()} record seals say." in (
        output.getvalue()
    )
    assert " events and their postings are as " in output.getvalue()
    with tampering() as cursor:
        cursor.execute(f"UPDATE {CHANGE} SET reason = '' WHERE id = %s", [trail.change.id])
        with pytest.raises(CommandError) as refused:
            call_command("verify_seals")
    assert str(refused.value) == f"Broken: {CHANGE} {trail.change.id}: reason changed"
    assert refused.value.returncode == 1


def test_a_broken_tree_of_records_does_not_stop_the_sealing_of_events(trail: Trail) -> None:
    books = Books().open()
    books.wallet("1")
    write_records(trail.cast)
    wait_for_records()
    with tampering() as cursor:
        cursor.execute(f"UPDATE {NODE} SET hash = sha256('x') WHERE level = (SELECT max(level) FROM {NODE})")
        with undone(), pytest.raises(TreeBroken, match="the root of record seal"):
            seal_log(RECORDS)
        output = StringIO()
        with undone(), pytest.raises(CommandError, match="Nothing more is sealed"):
            call_command("seal", stdout=output)
        assert "events and their postings sealed" in output.getvalue()


def test_an_address_that_was_emptied_is_found_as_long_as_nobody_may_erase_any(trail: Trail) -> None:
    with tampering() as cursor:
        cursor.execute(f"UPDATE {CHANGE} SET ip_address = NULL WHERE id = %s", [trail.change.id])
        cursor.execute(f"UPDATE {LEAF} SET secret = substr(secret, 1, 16) WHERE record_id = %s", [trail.change.id])
        found = check_rows([leaf_of_record(trail.change.id)], RECORDS)
    assert found == Finding(CHANGE, str(trail.change.id), "ip_address missing")


@pytest.mark.parametrize("model", sealed_models(), ids=lambda model: model._meta.db_table)
def test_every_column_is_sealed(trail: Trail, model: Any) -> None:
    """A column that is added to the table is found here, until it is in the model and thereby in the leaf."""
    assert sorted(columns_of(model)) == sorted(types_of(model._meta.db_table))
    row = trail.change if model is AuditRecord else trail.look
    row.refresh_from_db()
    filled = [column for column in columns_of(model) if getattr(row, column) is not None]
    assert len(read_leaf(bytes(leaf_of_record(row.id).data)).commitments) == len(filled)
    assert model.APPEND_ONLY
    assert set(model.ERASABLE_COLUMNS) < set(columns_of(model))


def test_nodes_are_stored_for_every_complete_subtree(trail: Trail) -> None:
    size = last_record_seal().tree_size
    assert RecordNode.objects.filter(level=1).count() == size // 2
