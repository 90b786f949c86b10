"""Writing the whole ledger into a file: one instant of it, whatever is posted meanwhile, with little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path
from uuid import UUID

from django.db import connection
from psycopg import sql

from ledger.ids import created_at, floor_id
from ledger.selectors.clock import database_now
from ledger.selectors.snapshot import whole_ledger
from ledger.services.moving.files import Header, new_file
from ledger.services.moving.sections import SECTIONS, Section

CHUNK = 5_000
Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""

_SOURCE = """
    SELECT (SELECT system_identifier::text FROM pg_control_system()), current_database(),
           current_setting('server_version')
"""
_BEHIND = """
    SELECT name FROM ledger_follower AS follower
    WHERE EXISTS (SELECT FROM ledger_event WHERE xid >= follower.horizon_xid) ORDER BY name
"""
_COUNT = sql.SQL("SELECT count(*) FROM {table} WHERE {condition}")
_OLDEST = sql.SQL("SELECT {key} FROM {table} WHERE {condition} ORDER BY {key} LIMIT 1")
_ROWS = sql.SQL(
    "COPY (SELECT json_build_array({name}, {columns})::text FROM {table} WHERE {condition} ORDER BY {key}) TO STDOUT"
)


def export_ledger(path: Path, *, since: date | None = None, progress: Progress = lambda done, total: None) -> Header:
    """Write the ledger into a new file, in one snapshot.

    Args:
        since: only rows whose ids were made on this day (UTC) or later: an extract for reading, which no
            installation imports.

    Returns:
        What the file says of itself.

    Raises:
        FileExistsError: something is there already.
    """
    with new_file(path) as file, whole_ledger():
        _write_plainly()
        header = _header(since)
        file.write(header.line())
        done = 0
        for section in SECTIONS:
            for line in _lines(section, since):
                file.write(line)
                done += 1
                if done % CHUNK == 0:
                    progress(done, header.total)
        progress(done, header.total)
    return header


def _write_plainly() -> None:
    """One way of writing values, whatever the server's habits are."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
        cursor.execute("SET LOCAL bytea_output = 'hex'")


def _header(since: date | None) -> Header:
    with connection.cursor() as cursor:
        cursor.execute(_SOURCE)
        source = dict(zip(("cluster", "database", "postgres"), cursor.fetchone(), strict=True))
        rows = {}
        oldest = []
        for section in SECTIONS:
            parts = _parts(section, since)
            cursor.execute(_COUNT.format(**parts))
            rows[section.name] = cursor.fetchone()[0]
            cursor.execute(_OLDEST.format(**parts))
            first = cursor.fetchone()
            if section.is_timed and first:
                oldest.append(created_at(first[0]).date())
        cursor.execute(_BEHIND)
        behind = [name for (name,) in cursor.fetchall()]
    return Header(
        source=source,
        exported_at=database_now().isoformat(),
        since=since.isoformat() if since else None,
        oldest=min(oldest).isoformat() if oldest else None,
        behind=behind,
        columns={section.name: list(section.columns) for section in SECTIONS},
        rows=rows,
    )


def _lines(section: Section, since: date | None) -> Iterator[bytes]:
    """Rows as Postgres writes them: exact amounts, times to the microsecond, JSON as it is stored."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in section.columns)
    query = _ROWS.format(name=sql.Literal(section.name), columns=columns, **_parts(section, since))
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        for (line,) in rows.rows():
            yield f"{line}\n".encode()


def _parts(section: Section, since: date | None) -> dict[str, sql.Composable]:
    key = sql.Identifier(section.key)
    condition: sql.Composable = sql.SQL("true")
    if since is not None and section.is_timed:
        floor: UUID = floor_id(datetime.combine(since, time_of_day(), tzinfo=UTC))
        condition = sql.SQL("{} >= {}").format(key, sql.Literal(floor))
    return {"table": sql.Identifier(section.table), "key": key, "condition": condition}
