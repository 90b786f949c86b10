"""What the service's own database role may do: never more than its work needs (ADR 0008).

The role owns nothing. A model says by a class attribute what is never done to its rows:
`APPEND_ONLY` (insert and read), `NEVER_DELETED` (also update), `READ_ONLY` (read); all others take all four.
Partitions get no grant of their own: access goes through their parent.
"""

from __future__ import annotations

from django.apps import apps
from django.db import connection, models
from django.db.transaction import atomic
from psycopg import sql

OWNERS_FUNCTIONS = (sql.SQL("ledger_ensure_partitions(integer, date)"), sql.SQL("ledger_refresh_read_model(text)"))
"""What the role may have done with the owner's rights: each does one thing and takes nothing that could be SQL."""


def grant_privileges(role: str) -> dict[str, tuple[str, ...]]:
    """Give `role` exactly the rights of this module, taking away whatever else it had on the tables.

    Run as the owner of the tables, after every migration.

    Returns:
        The granted rights by table.
    """
    granted = {model._meta.db_table: privileges(model) for model in apps.get_models()}
    granted["django_migrations"] = ("SELECT",)
    name = sql.Identifier(role)
    with atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
        for function in OWNERS_FUNCTIONS:
            cursor.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function))
            cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, name))
        for table, rights in granted.items():
            listed = sql.SQL(", ").join(map(sql.SQL, rights))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(listed, sql.Identifier(table), name))
    return granted


def privileges(model: type[models.Model]) -> tuple[str, ...]:
    """The rights that the service's role has on a model's table."""
    if getattr(model, "READ_ONLY", False):
        return ("SELECT",)
    if getattr(model, "APPEND_ONLY", False):
        return ("SELECT", "INSERT")
    if getattr(model, "NEVER_DELETED", False):
        return ("SELECT", "INSERT", "UPDATE")
    return ("SELECT", "INSERT", "UPDATE", "DELETE")
