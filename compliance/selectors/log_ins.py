"""Who is behind a log-in. Every request asks, so it is one prepared statement with nothing around it: Django would take
longer to write the same statement than Postgres takes to answer it."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.db import connection
from psycopg import sql

from compliance.models import LoginSession, ServiceAccount, User

_MODELS = {"session": LoginSession, "person": User, "account": ServiceAccount}
_LOG_IN = sql.SQL("""
    SELECT {columns}
    FROM compliance_loginsession AS session
    LEFT JOIN compliance_user AS person ON person.id = session.user_id
    LEFT JOIN compliance_serviceaccount AS account ON account.id = session.service_account_id
    WHERE session.id = %s
""")


@cache
def _statement() -> str:
    columns = [
        sql.Identifier(table, field.column)
        for table, model in _MODELS.items()
        for field in model._meta.concrete_fields
        if field.column is not None  # which no concrete field has
    ]
    return _LOG_IN.format(columns=sql.SQL(", ").join(columns)).as_string()


def find_log_in(session_id: UUID) -> LoginSession | None:
    """A log-in with its holder, as the database has them now."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [session_id])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    session, person, account = (
        model.from_db("default", names, [next(values) for _ in names])
        for model in _MODELS.values()
        for names in [[field.attname for field in model._meta.concrete_fields]]
    )
    assert isinstance(session, LoginSession), "the first of the three"
    session.user = person if session.user_id else None  # type: ignore[assignment]
    session.service_account = account if session.service_account_id else None  # type: ignore[assignment]
    return session
