"""What the regular jobs have been doing (ADR 0028)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, QuerySet, Value, When

from ledger.models import JobRun
from ledger.selectors.clock import DatabaseClock

__all__ = ["JobRun"]


def job_runs() -> QuerySet[Any]:
    """All runs, each with `shown`: its outcome, or INTERRUPTED when it should have ended and nobody wrote that down."""
    is_over = When(outcome=JobRun.Outcome.RUNNING, ends_by__lt=DatabaseClock(), then=Value("INTERRUPTED"))
    return JobRun.objects.annotate(shown=Case(is_over, default=F("outcome"), output_field=CharField()))


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a job, and how long its last success is ago; None for what there is none of.

    Attributes:
        watched_since: when any of the jobs asked for ran first, as far as the log goes back.
        done: what the newest run that has told did.
    """

    job: str
    started_at: datetime | None
    outcome: str | None
    error: str
    succeeded_at: datetime | None
    seconds_since_success: float | None
    done: dict[str, int] | None
    watched_since: datetime | None = None


_LAST = """
    SELECT job.name, newest.started_at,
           CASE WHEN newest.outcome = 'RUNNING' AND newest.ends_by < clock_timestamp() THEN 'INTERRUPTED'
                ELSE newest.outcome END,
           coalesce(newest.error, ''), success.started_at, extract(epoch FROM clock_timestamp() - success.finished_at),
           ended.done::text, min(oldest.started_at) OVER ()
    FROM unnest(%s::text[]) AS job(name)
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_jobrun WHERE job = job.name ORDER BY started_at DESC LIMIT 1
    ) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_jobrun WHERE job = job.name AND outcome = 'OK' ORDER BY started_at DESC LIMIT 1
    ) AS success ON true
    LEFT JOIN LATERAL (
        SELECT done FROM ledger_jobrun WHERE job = job.name AND done <> '{}'
        ORDER BY started_at DESC LIMIT 1
    ) AS ended ON true
    LEFT JOIN LATERAL (
        SELECT started_at FROM ledger_jobrun WHERE job = job.name ORDER BY started_at LIMIT 1
    ) AS oldest ON true
"""


def last_runs(jobs: Sequence[str]) -> list[LastRun]:
    """The last run of each of these jobs, in their order; found by index, however long the log is."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [list(jobs)])
        rows = {row[0]: row for row in cursor.fetchall()}
    return [_last_run(*rows[job]) for job in jobs]


def _last_run(
    job: str,
    started_at: datetime | None,
    outcome: str | None,
    error: str,
    succeeded_at: datetime | None,
    seconds: Any,
    done: str | None,
    watched_since: datetime | None,
) -> LastRun:
    since, told = None if seconds is None else float(seconds), json.loads(done) if done else None
    return LastRun(job, started_at, outcome, error, succeeded_at, since, told, watched_since)
