"""Reading an exported ledger into an installation that has none yet: all of it, or nothing.

One database transaction takes the rows in, makes the accounts again, replays everything and checks all invariants,
and commits only if all of that is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from django.db import DataError, IntegrityError, connection, models
from django.db.models import Max
from django.db.transaction import atomic
from psycopg import sql

from ledger.core.upcasting import UnknownVersion
from ledger.models import Account, Event, OutboxMessage, Relay
from ledger.selectors.snapshot import whole_ledger
from ledger.services.invariants import INVARIANTS, check_invariants
from ledger.services.moving.accounts import fold_accounts, open_accounts
from ledger.services.moving.files import Header, ImportRefused, Reader, Row
from ledger.services.moving.sections import SECTIONS, Section
from ledger.services.partitions import ensure_partitions
from ledger.services.replay import replay

CHUNK = 10_000
NOT_YET_OF_THIS_CLUSTER = "I3c"
"""Looks whether transaction ids belong to the past. Ours does not yet; the ids are ours by construction."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, how much there is)."""

_COPY = sql.SQL("COPY {table} ({columns}) FROM STDIN")
_OWN_XID = "SELECT pg_current_xact_id()::text::bigint"
_OTHER_WRITERS = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
      AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class ImportReport:
    header: Header
    events: int
    accounts: int


def import_ledger(path: Path, *, progress: Progress = lambda what, done, total: None) -> ImportReport:
    """Take a whole ledger in.

    Transaction ids start over in another cluster, so all events get that of the import; the checkpoints of system
    accounts reach to it (ADR 0011). Everything else is as it was, to the last byte.

    Raises:
        ImportRefused: the file is not whole, not of this version or release, or only an extract; there is a ledger
            already; somebody else is writing; or what came of it is not sound.
    """
    header = _checked(path, progress)
    _require_empty_ledger()
    if header.oldest is not None:
        ensure_partitions(date.fromisoformat(header.oldest))
    try:
        with atomic(durable=True), whole_ledger():
            xid = _own_xid()
            _take_in(path, header, xid, progress)
            accounts = fold_accounts(xid + 1, lambda done: progress("Folding", done, header.rows["event"]))
            _require_soundness(progress)
    except UnknownVersion as error:
        raise ImportRefused(str(error)) from error
    except (DataError, IntegrityError, LookupError, ValueError, ArithmeticError) as error:
        what = str(error).split("\n", 1)[0]
        raise ImportRefused(f"Its rows do not make a ledger: {type(error).__name__}: {what}") from error
    return ImportReport(header, header.rows["event"], accounts)


def _checked(path: Path, progress: Progress) -> Header:
    """Read the file once without writing anything: most of what can be wrong with it shows here."""
    reader = Reader(path)
    header = reader.header
    if header.since is not None:
        raise ImportRefused(f"It is an extract (since {header.since}), not a whole ledger.")
    if header.columns != {section.name: list(section.columns) for section in SECTIONS}:
        raise ImportRefused("Its tables are not those of this release: import with the release that exported it.")
    for _ in _counted(reader.rows(), "Checking the file", header.total, progress):
        pass
    return header


def _require_empty_ledger() -> None:
    tables: list[type[models.Model]] = [Account, *(section.model for section in SECTIONS if not section.is_given)]
    filled = [model._meta.db_table for model in tables if model._default_manager.exists()]
    if filled:
        raise ImportRefused(f"There is a ledger here already: {', '.join(filled)} have rows.")


def _own_xid() -> int:
    """The id of this transaction. Whoever has an older one and writes later would be missed by the checkpoints."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_XID)
        (xid,) = cursor.fetchone()
        cursor.execute(_OTHER_WRITERS)
        (others,) = cursor.fetchone()
    if others:
        raise ImportRefused("Somebody else is writing to this database: stop the service first.")
    return int(xid)


def _take_in(path: Path, header: Header, xid: int, progress: Progress) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the checks of all rows would pile up until the commit
        cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
    reader = Reader(path)
    if reader.header != header:
        raise ImportRefused("It changed while it was read.")
    rows = _counted(reader.rows(), "Importing", header.total, progress)
    by_name = {section.name: section for section in SECTIONS}
    for name, of_section in groupby(rows, key=itemgetter(0)):
        section = by_name[name]
        content = (row for _, row in of_section)
        if section.is_given:
            _require_same(section, content)
        else:
            _copy(section, content, {"xid": str(xid)})
        if section.model is Event:
            open_accounts()
    last = OutboxMessage.objects.aggregate(last=Max("position"))["last"]
    Relay.objects.update(last_position=last or 0)  # the stream goes on where it was


def _require_same(section: Section, rows: Iterable[Row]) -> None:
    """Rows that come with migrations have to be here already, as they were there."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in section.columns)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(section.table)))
        here = set(cursor.fetchall())
    other = [row for row in rows if tuple(row) not in here]
    if other:
        raise ImportRefused(f"The {section.name} {other[0][0]} is not the same here.")


def _copy(section: Section, rows: Iterable[Row], local: dict[str, str]) -> None:
    own = [local[name] for name in section.local]
    names = sql.SQL(", ").join(map(sql.Identifier, (*section.columns, *section.local)))
    statement = _COPY.format(table=sql.Identifier(section.table), columns=names)
    with connection.cursor() as cursor:
        for chunk in _chunks(rows, section.columns.index(section.together or section.key)):
            with connection.wrap_database_errors, cursor.copy(statement) as copy:
                for row in chunk:
                    copy.write_row([*row, *own])


def _chunks(rows: Iterable[Row], together: int) -> Iterator[list[Row]]:
    """Runs of rows, cut where the column `together` changes: a check looks at each statement (ADR 0006)."""
    chunk: list[Row] = []
    for row in rows:
        if len(chunk) >= CHUNK and row[together] != chunk[-1][together]:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _require_soundness(progress: Progress) -> None:
    report = replay(lambda done, total: progress("Replaying", done, total))
    if report.difference is not None:
        raise ImportRefused(f"A replay gives other figures: {report.difference}.")
    for done, finding in enumerate(check_invariants(), start=1):
        progress("Checking invariants", done, len(INVARIANTS))
        if finding.broken is not None and finding.invariant.id != NOT_YET_OF_THIS_CLUSTER:
            raise ImportRefused(f"{finding.invariant.id} is broken ({finding.invariant.title}): {finding.broken}")


def _counted(rows: Iterator[tuple[str, Row]], what: str, total: int, progress: Progress) -> Iterator[tuple[str, Row]]:
    done = 0
    for done, row in enumerate(rows, start=1):
        if done % CHUNK == 0:
            progress(what, done, total)
        yield row
    progress(what, done, total)
