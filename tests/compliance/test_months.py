"""Audit and access records move into months, and back, with every row, guard and right that they had (R198)."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from compliance.core.origin import Origin
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from tests.compliance.factories import make_cast
from tests.databases import Installation, new_installation
from tests.ledger.connecting import connected_with
from tests.servers import APP_ROLE
from walletsite.database import Purpose, database_settings

TABLES = ("compliance_auditrecord", "compliance_dataaccesslog")


@pytest.fixture(scope="module")
def installation(django_db_setup: None) -> Iterator[Installation]:
    with new_installation() as installation:
        yield installation


def rows(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return [
        row for table in TABLES for row in connection.execute(f"SELECT * FROM {table} ORDER BY id".encode()).fetchall()
    ]


def kinds(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("SELECT relkind::text FROM pg_class WHERE relname = ANY(%s)", [list(TABLES)])
    return {kind for (kind,) in found}


def described(connection: psycopg.Connection) -> list[tuple[str, ...]]:
    """Keys, checks and indexes by name, and the rights of the service's role."""
    return connection.execute(
        """
        SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid::regclass::text = ANY(%(tables)s) AND contype <> 'n'
        UNION ALL
        SELECT tablename, indexname, '' FROM pg_indexes WHERE tablename = ANY(%(tables)s)
        UNION ALL
        SELECT table_name, privilege_type, '' FROM information_schema.table_privileges
        WHERE table_name = ANY(%(tables)s) AND grantee = %(role)s
        UNION ALL
        SELECT tgrelid::regclass::text, tgname, '' FROM pg_trigger
        WHERE tgrelid::regclass::text = ANY(%(tables)s) AND NOT tgisinternal
        ORDER BY 1, 2, 3
        """,
        {"tables": list(TABLES), "role": APP_ROLE},
    ).fetchall()


OLD_ID = "01890000-0000-7000-8000-000000000001"
"""Of June 2023."""
OLDER_ONES = (
    "INSERT INTO compliance_auditrecord (id, company_id, actor_role, event_type, entity_type, entity_id, before, after,"
    " reason, user_agent, correlation_id) SELECT %(id)s, company_id, 'SYSTEM', 'Changed', 'User', entity_id, '{}',"
    " '{\"a\": 1.50}', 'w%%hy', '', '' FROM compliance_auditrecord LIMIT 1",
    "INSERT INTO compliance_dataaccesslog (id, subject_id, actor_id, actor_role, fields, reason, context,"
    " correlation_id) SELECT %(id)s, subject_id, actor_id, 'FINANCE', '{email,phone}', 'because', 'here', ''"
    " FROM compliance_dataaccesslog LIMIT 1",
)


def write_some(installation: Installation) -> None:
    with connected_with(database_settings(installation.url, Purpose.WORK, pool_size=1)):
        cast = make_cast()
        create_company(name="Nordwind", origin=Origin())
        look = Origin(cast.frida.id, "FINANCE")
        record_look(origin=look, subject_ids=[cast.alice.id], fields=["email"], context="GET here")


def write_older_ones(connection: psycopg.Connection) -> None:
    """Into tables that are not cut by month: a month of 2023 there is none."""
    for statement in OLDER_ONES:
        connection.execute(statement, {"id": OLD_ID})


@pytest.mark.usefixtures("committed_db")
def test_there_and_back_without_losing_a_row(installation: Installation) -> None:
    installation.manage("prepare_database")
    with installation.superuser() as connection:
        write_some(installation)
        installation.manage("migrate", "compliance", "0003", "--verbosity", "0")
        write_older_ones(connection)
        before, plain = rows(connection), described(connection)
        assert (len(before), kinds(connection)) == (4, {"r"})
        installation.manage("migrate", "compliance", "0004", "--verbosity", "0")
        assert (rows(connection), described(connection), kinds(connection)) == (before, plain, {"p"})
        found = connection.execute("SELECT count(*) FROM compliance_auditrecord_2023_06").fetchone()
        assert found == (1,)
        assert connection.execute("SELECT * FROM ledger_missing_guards()").fetchall() == []
        installation.manage("migrate", "compliance", "0005", "--verbosity", "0")
        numbered = [connection.execute(f"SELECT xid FROM {table}".encode()).fetchall() for table in TABLES]
        assert numbered == [[(1,), (1,)], [(1,), (1,)]]
        assert connection.execute("SELECT * FROM ledger_missing_guards()").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute("DELETE FROM compliance_auditrecord_2023_06")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("UPDATE compliance_user SET id = gen_random_uuid()")
        installation.manage("migrate", "compliance", "0003", "--verbosity", "0")
        assert (rows(connection), described(connection), kinds(connection)) == (before, plain, {"r"})
