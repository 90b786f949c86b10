"""What the database refuses to do to seals: everything but adding to them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.db.transaction import atomic, set_rollback

from compliance.core.origin import Origin
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from tests.compliance.factories import make_cast
from tests.compliance.sealing import seal_records
from tests.ledger.books import Books
from tests.ledger.connecting import connected_as_owner
from tests.ledger.sealing import seal_everything

TABLES = (
    "ledger_seal",
    "ledger_sealedleaf",
    "ledger_sealnode",
    "ledger_recordseal",
    "ledger_sealedrecord",
    "ledger_recordnode",
)
CHANGES = ("UPDATE {} SET {} = sha256('x')", "DELETE FROM {}", "TRUNCATE {}")
COLUMNS = {table: "root" if table.endswith("seal") else "hash" for table in TABLES}


@pytest.fixture(autouse=True)
def sealed(committed_books: Books) -> None:
    for _ in range(2):
        committed_books.wallet("1")
    seal_everything()
    cast = make_cast()
    for _ in range(2):
        create_company(name="Nordwind", origin=Origin())
    look = Origin(cast.frida.id, "FINANCE")
    record_look(origin=look, subject_ids=[cast.alice.id], fields=["email"], context="GET here")
    seal_records()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", TABLES)
def test_not_even_the_owner_changes_them(table: str, change: str) -> None:
    with connected_as_owner(), atomic(), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="is append-only"):
            cursor.execute(change.format(table, COLUMNS[table]))
        set_rollback(True)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", TABLES)
def test_the_services_role_has_no_right_to(table: str, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table, COLUMNS[table]))
