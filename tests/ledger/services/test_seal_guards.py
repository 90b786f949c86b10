"""What the database refuses to do to seals: everything but adding to them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.db.transaction import atomic, set_rollback

from tests.ledger.books import Books
from tests.ledger.connecting import connected_as_owner
from tests.ledger.sealing import seal_everything

TABLES = ("ledger_seal", "ledger_sealedleaf", "ledger_sealnode")
CHANGES = ("UPDATE {} SET {} = sha256('x')", "DELETE FROM {}", "TRUNCATE {}")
COLUMNS = {"ledger_seal": "root", "ledger_sealedleaf": "hash", "ledger_sealnode": "hash"}


@pytest.fixture(autouse=True)
def sealed(committed_books: Books) -> None:
    for _ in range(2):
        committed_books.wallet("1")
    seal_everything()


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
