"""A table that is cut by month on its UUIDv7 primary key (docs/adr/0003-ids.md).

Django knows no partitions; this is its own CreateModel with one clause more. The months themselves are made by
the database function `ledger_ensure_partitions` (migration 0002).
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class CreatePartitionedModel(migrations.CreateModel):
    """CREATE TABLE … PARTITION BY RANGE (id). Keys and foreign keys keep one column, so Django notices nothing."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE (id)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
