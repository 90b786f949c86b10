"""The run log: what each regular job did, in rows that outlive the job's failure and its worker (ADR 0028)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import Error, connection
from django.db.transaction import atomic

from ledger.models import JobRun
from ledger.selectors.clock import DatabaseClock, database_now

KEPT_FOR = timedelta(days=30)
MAX_ERROR = 1_000

Done = Mapping[str, int]
Work = Callable[[], Done]
"""Does the job and returns what it did, by kind."""

logger = structlog.get_logger(__name__)


class Skipped(Exception):
    """There was nothing to do for this run, because somebody else is at it. The text says who."""


class WorkFailed(Exception):
    """A job came to its end and found what must not be. `done`: what it did all the same."""

    def __init__(self, reason: str, done: Done) -> None:
        super().__init__(reason)
        self.done = done


def run_job(job: str, work: Work, *, time_limit: timedelta, delivery_id: UUID | None) -> None:
    """Do a job between two rows of the log. What the job raises is logged and raised again.

    Start and end are written in transactions of their own, so neither a job that fails nor a worker that is killed
    takes its row with it. A run without an end was interrupted: surely so when its delivery comes again, or when its
    time limit is over.

    Args:
        time_limit: after which the worker that runs the job is killed.
        delivery_id: of the task in the broker; None when somebody calls the job by hand.
    """
    run = _start(job, time_limit, delivery_id)
    try:
        done = work()
    except Skipped as reason:
        _finish(run, JobRun.Outcome.SKIPPED, error=str(reason))
    except WorkFailed as failure:
        _finish(run, JobRun.Outcome.FAILED, done=failure.done, error=str(failure))
        raise
    except Exception as failure:
        _finish(run, JobRun.Outcome.FAILED, error=_told(failure))
        raise
    else:
        _finish(run, JobRun.Outcome.OK, done=done)


def purge_job_runs() -> int:
    """Delete runs of more than thirty days ago, but never the last success of a job: it tells how long it is ago.

    Returns:
        How many. Safe to repeat.
    """
    old = JobRun.objects.filter(started_at__lt=database_now() - KEPT_FOR)
    successes = JobRun.objects.filter(outcome=JobRun.Outcome.OK)
    last = successes.order_by("job", "-started_at").distinct("job").values("id")
    deleted, _ = old.exclude(id__in=last).delete()
    return deleted


def _start(job: str, time_limit: timedelta, delivery_id: UUID | None) -> JobRun:
    with atomic(durable=True):
        if delivery_id is not None:
            earlier = JobRun.objects.filter(job=job, delivery_id=delivery_id, outcome=JobRun.Outcome.RUNNING)
            earlier.update(outcome=JobRun.Outcome.INTERRUPTED)
        now = database_now()
        return JobRun.objects.create(job=job, delivery_id=delivery_id, started_at=now, ends_by=now + time_limit)


def _finish(run: JobRun, outcome: JobRun.Outcome, *, done: Done | None = None, error: str = "") -> None:
    """Without a database the row stays open, and the job's own result counts."""
    try:
        if not connection.in_atomic_block:  # it would be closed under whoever opened the transaction
            connection.close_if_unusable_or_obsolete()
        with atomic(durable=True):
            JobRun.objects.filter(id=run.id).update(
                outcome=outcome, finished_at=DatabaseClock(), done=dict(done or {}), error=error[:MAX_ERROR]
            )
    except Error:
        logger.exception("job_run_not_closed", job=run.job, outcome=outcome.value)


def _told(failure: Exception) -> str:
    """The first line: a database adds the values of the row below it, which may be personal."""
    first_line, _, _ = str(failure).partition("\n")
    return f"{type(failure).__name__}: {first_line}"
