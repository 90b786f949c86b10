"""Records of changes and looks cannot be changed, neither by the service nor by whoever owns the tables."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import DataAccessLog
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from tests.compliance.factories import Cast, make_cast

TABLES = ("compliance_auditrecord", "compliance_dataaccesslog")
STATEMENTS = ("UPDATE {} SET actor_role = 'X'", "DELETE FROM {}", "TRUNCATE {}")
CHANGES = [statement.format(table) for table in TABLES for statement in STATEMENTS]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_service_may_not(db: None, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("committed_db")
def test_the_owner_may_not_either() -> None:
    cast = make_cast()
    create_company(name="Nordwind", origin=Origin())
    record_look(
        origin=Origin(cast.frida.id, "FINANCE"), subject_ids=[cast.alice.id], fields=["email"], context="GET here"
    )
    with psycopg.connect(settings.OWNER_DATABASE_URL) as owner:
        for statement in CHANGES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), owner.transaction():
                owner.execute(statement.encode())


def test_a_look_says_who_at_whom_what_why_where(cast: Cast) -> None:
    origin = Origin(cast.bob.id, "MANAGER", ip_address="192.0.2.7", correlation_id="r-1")
    subjects = [cast.alice.id, cast.bob.id]
    record_look(origin=origin, subject_ids=subjects, fields=["last_name", "email"], context="GET v1/users")
    look = DataAccessLog.objects.get()
    assert (look.subject_id, look.actor_id, look.actor_role) == (cast.alice.id, cast.bob.id, "MANAGER")
    assert (look.fields, look.reason, look.context) == (["email", "last_name"], "manages the team", "GET v1/users")
    assert (look.ip_address, look.correlation_id) == ("192.0.2.7", "r-1")
