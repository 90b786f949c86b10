"""Writes the figures of all accounts down from time to time, so that no look at the past has to start at the
beginning (ADR 0019).

A snapshot covers what was recorded by its instant. That is settled once every database transaction has ended that may
have recorded something by then; so an instant is marked first, and taken when it is settled, now or by a later run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.transaction import atomic

from ledger.selectors.snapshot import lift_time_limits

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('ledger_snapshot_balances'))"
_OLDEST_RUNNING = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

# The statement's own time is read before it gets its transaction id, and whoever posts reads the clock after having
# got one: so a larger id has recorded later.
_MARK = """
    INSERT INTO ledger_snapshot (at, from_xid, until_xid)
    SELECT statement_timestamp(), %(from_xid)s, pg_current_xact_id()::text::bigint
    WHERE EXISTS (SELECT FROM ledger_event)
      AND NOT EXISTS (SELECT FROM ledger_snapshot WHERE at > statement_timestamp() - %(every)s)
"""

_SETTLED = """
    SELECT mark.at, mark.until_xid, before.at, before.from_xid
    FROM ledger_snapshot AS mark
    LEFT JOIN LATERAL (
        SELECT at, from_xid FROM ledger_snapshot WHERE at < mark.at ORDER BY at DESC LIMIT 1
    ) AS before ON true
    WHERE mark.taken_at IS NULL AND mark.until_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY mark.at
"""

_BALANCES = """
    WITH moved AS (
        SELECT p.account_id, sum(p.amount) AS amount, count(*) AS postings
        FROM ledger_event AS e
        JOIN ledger_posting AS p ON p.id > e.id AND p.id <= ledger_last_posting_id(e.id)
        WHERE e.xid >= coalesce(%(from_xid)s, 0) AND e.xid < %(until_xid)s
          AND e.recorded_at > coalesce(%(since)s, '-infinity'::timestamptz) AND e.recorded_at <= %(at)s
        GROUP BY p.account_id
    )
    INSERT INTO ledger_snapshotbalance (account_id, at, balance, postings)
    SELECT moved.account_id, %(at)s, moved.amount + coalesce(last.balance, 0),
           moved.postings + coalesce(last.postings, 0)
    FROM moved
    LEFT JOIN LATERAL (
        SELECT balance, postings FROM ledger_snapshotbalance
        WHERE account_id = moved.account_id ORDER BY at DESC LIMIT 1
    ) AS last ON true
"""

_BACK_DATED = """
    INSERT INTO ledger_backdatedday (account_id, day, at, amount, postings)
    SELECT p.account_id, (p.effective_at AT TIME ZONE 'UTC')::date, %(at)s, sum(p.amount), count(*)
    FROM ledger_event AS e
    JOIN ledger_posting AS p ON p.id > e.id AND p.id <= ledger_last_posting_id(e.id)
    WHERE e.xid >= coalesce(%(from_xid)s, 0) AND e.xid < %(until_xid)s
      AND e.recorded_at > coalesce(%(since)s, '-infinity'::timestamptz) AND e.recorded_at <= %(at)s
      AND p.effective_at < p.recorded_at
    GROUP BY 1, 2
    ORDER BY 1, 2  -- an account's sheets lie side by side and are read as a few pages
"""

_TAKEN = "UPDATE ledger_snapshot SET taken_at = clock_timestamp() WHERE at = %(at)s"


def snapshot_balances(*, every: timedelta = timedelta(0)) -> list[datetime]:
    """Mark the present instant and take every marked one that is settled.

    Args:
        every: mark none if the last one is younger than this.

    Returns:
        The instants that were taken. Running it twice, at once or late does no harm.
    """
    _mark(every)
    return _take_settled()


def _mark(every: timedelta) -> None:
    # A transaction of its own: the mark has to be everybody's before anything is taken for settled.
    with atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(_OLDEST_RUNNING)
        (from_xid,) = cursor.fetchone()
        parameters: dict[str, Any] = {"from_xid": from_xid, "every": every}
        cursor.execute(_MARK, parameters)


def _take_settled() -> list[datetime]:
    with atomic(durable=True), connection.cursor() as cursor:
        lift_time_limits()
        cursor.execute(_LOCK)
        cursor.execute(_SETTLED)
        settled = cursor.fetchall()
        for at, until_xid, since, from_xid in settled:
            covered: dict[str, Any] = {"at": at, "until_xid": until_xid, "since": since, "from_xid": from_xid}
            for statement in (_BALANCES, _BACK_DATED, _TAKEN):
                cursor.execute(statement, covered)
    return [row[0] for row in settled]
