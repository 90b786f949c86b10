"""The database's clock, moved: for stories that happen on days of their own.

What time it is, the database says (`ledger.selectors.clock`). In the session of such a test another function of the
same name stands before its own in the search path, and tells a time that is so much earlier or later; ids are made by
that time too. Nothing in the service knows of it, and nothing of it outlives the test but the empty functions.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import uuid_utils
from django.db import connection

from ledger import ids
from ledger.selectors.clock import database_now
from tests.ledger.connecting import superuser

ZONE = ZoneInfo("Europe/Berlin")
_FUNCTIONS = """
    CREATE SCHEMA IF NOT EXISTS moved_clock;
    GRANT USAGE ON SCHEMA moved_clock TO PUBLIC;
    CREATE OR REPLACE FUNCTION moved_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        $$ SELECT pg_catalog.clock_timestamp() + current_setting('moved_clock.by')::interval $$;
    CREATE OR REPLACE FUNCTION moved_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT pg_catalog.statement_timestamp() + current_setting('moved_clock.by')::interval $$;
    CREATE OR REPLACE FUNCTION moved_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT pg_catalog.now() + current_setting('moved_clock.by')::interval $$;
"""
_MILLISECOND = timedelta(milliseconds=1)


class Clock:
    """Goes as any other, from wherever it is put."""

    def __init__(self) -> None:
        self._by = timedelta(0)

    def put(self, moment: str) -> None:
        """It is so late in Berlin now: "2026-03-15 09:00"."""
        wanted = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
        self._by = wanted.astimezone(UTC) - datetime.now(UTC)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('moved_clock.by', %s, true)", [f"{self._by.total_seconds():.6f} seconds"])

    def new_id(self) -> UUID:
        """An id that sorts among those of its day."""
        id: int = uuid_utils.uuid7().int
        return UUID(int=id + (self._by // _MILLISECOND << 80))

    @staticmethod
    def told() -> str:
        """What an event of another service says about when it happened: just now."""
        return database_now().isoformat()


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that can be put to any moment since February 2026."""
    with superuser() as session:
        session.execute(_FUNCTIONS)
    clock = Clock()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_ensure_partitions(3, '2026-02-01')")
        cursor.execute("SET LOCAL search_path = moved_clock, pg_catalog, public")
    clock.put(datetime.now(ZONE).replace(tzinfo=None).isoformat())
    monkeypatch.setattr(ids, "uuid_utils", SimpleNamespace(uuid7=clock.new_id))
    return clock
