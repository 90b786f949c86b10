"""Turning a table that is in use into one that is cut by month, without losing a row (R198).

Postgres can not change a plain table into a partitioned one: a new one is made by Django's own CREATE TABLE with one
clause more, filled, and put in the place of the old one. All of it is one transaction; writers wait for its end.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

SET_ASIDE = """
DO $$
DECLARE
    of_table record;
BEGIN
    FOR of_table IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = '{table}'::regclass LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', of_table.name, 'old_' || of_table.name);
    END LOOP;
    ALTER TABLE {table} RENAME TO old_{table};
END $$
"""

# The months back to the first row.
MAKE_MONTHS = """
SELECT ledger_ensure_partitions(3, (
    SELECT to_timestamp(('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint / 1000) AT TIME ZONE 'UTC'
    FROM old_{table} ORDER BY id LIMIT 1
)::date)
"""

# Whoever may use the old one may use the new one, before the next `grant_privileges`.
TAKE_OVER = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM old_{table};

DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT privilege_type AS privilege, grantee::regrole AS role
        FROM pg_class, aclexplode(relacl) WHERE oid = 'old_{table}'::regclass AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT %s ON {table} TO %s', granted.privilege, granted.role);
    END LOOP;
END $$;

DROP TABLE old_{table};
"""


class CutByMonth(Operation):
    """Cut a model's table by month on its UUIDv7 primary key. Triggers are not taken over: make them afterwards.

    Backwards it becomes a plain table again, likewise with every row.
    """

    reversible = True

    def __init__(self, name: str) -> None:
        self.name = name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """To Django it is the same table."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._replace(app_label, schema_editor, from_state, " PARTITION BY RANGE (id)")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._replace(app_label, schema_editor, from_state, "")

    def describe(self) -> str:
        return f"Cut {self.name} by month"

    def _replace(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: Any, clause: str) -> None:
        model = state.apps.get_model(app_label, self.name)
        names = {
            "table": model._meta.db_table,
            "columns": ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields),
        }
        schema_editor.execute(SET_ASIDE.format(**names), None)
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain}{clause}"
        try:
            schema_editor.create_model(model)
        finally:
            schema_editor.sql_create_table = plain
        if clause:
            schema_editor.execute(MAKE_MONTHS.format(**names), None)
        schema_editor.execute(TAKE_OVER.format(**names), None)
