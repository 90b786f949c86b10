"""The service's role has exactly the rights that `grants` declares, and owns nothing (ADR 0008)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from ledger.models import Account, Asset, Event, OutboxMessage, Posting, Transaction
from ledger.models import Command as CommandRow
from ledger.services.grants import grant_privileges, privileges
from tests.ledger.connecting import connected_as_owner, superuser
from tests.servers import APP_ROLE

_RIGHTS = """
    SELECT c.relname, array_agg(DISTINCT acl.privilege_type)
    FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS acl
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND acl.grantee IN (%s::regrole, 0)
    GROUP BY c.relname
"""

MODELS = {model._meta.db_table: model for model in apps.get_models()}


def rights() -> dict[str, set[str]]:
    """What is granted to the service's role or to everybody, by table."""
    with superuser() as other:
        return {table: set(granted) for table, granted in other.execute(_RIGHTS, [APP_ROLE])}


@pytest.mark.parametrize(
    ("model", "declared"),
    [
        (Asset, "SELECT"),
        (Event, "SELECT INSERT"),
        (Posting, "SELECT INSERT"),
        (Account, "SELECT INSERT UPDATE"),
        (CommandRow, "SELECT INSERT UPDATE"),
        (Transaction, "SELECT INSERT UPDATE"),
        (OutboxMessage, "SELECT INSERT UPDATE"),
    ],
)
def test_what_the_ledgers_tables_allow(model: type[Account], declared: str) -> None:
    assert privileges(model) == tuple(declared.split())


@pytest.mark.usefixtures("committed_db")
def test_the_role_has_the_declared_rights_and_none_on_partitions() -> None:
    declared = {table: set(privileges(model)) for table, model in MODELS.items()}
    assert rights() == declared | {"django_migrations": {"SELECT"}}


@pytest.mark.usefixtures("committed_db")
def test_granting_takes_away_what_was_granted_besides() -> None:
    before = rights()
    with superuser() as other:
        other.execute(f"GRANT ALL ON ledger_posting, django_migrations TO {APP_ROLE}")
    assert rights()["ledger_posting"] > before["ledger_posting"]
    with connected_as_owner():
        grant_privileges(APP_ROLE)
    assert rights() == before


@pytest.mark.usefixtures("committed_db")
def test_the_role_owns_nothing_and_is_nobody_special() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (APP_ROLE, 0)
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proowner = current_user::regrole")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
            " has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,) * 7
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole")
        assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("committed_db")
def test_of_the_owners_functions_only_the_harmless_are_for_the_role() -> None:
    """Those that run with the owner's rights: making months, refreshing read models, nothing else."""
    with superuser() as other:
        rows = other.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(%s, oid, 'EXECUTE')",
            [APP_ROLE],
        )
        assert {name for (name,) in rows} == {"ledger_ensure_partitions", "ledger_refresh_read_model"}
