"""What makes a function a regular job: a Celery task that writes down each of its runs (ADR 0028)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from celery import current_task, shared_task
from django.conf import settings

from ledger.services.job_runs import Skipped, Work, WorkFailed, run_job

__all__ = ["Skipped", "WorkFailed", "job"]


def job(name: str, *, time_limit: timedelta | None = None) -> Callable[[Work], Any]:
    """Make a task of a function that does regular work, and log each run of it.

    Its schedule stands in the settings. It takes nothing: what is to be done is read from the database, so that a
    run catches up with those that were missed.

    Args:
        name: of the task, the app first.
        time_limit: after which a run is killed; None = as all tasks.
    """
    limit = time_limit or timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)

    def make_task(work: Work) -> Any:
        @wraps(work)
        def run() -> None:
            run_job(name, work, time_limit=limit, delivery_id=_delivery_id())

        return shared_task(name=name, time_limit=int(limit.total_seconds()))(run)

    return make_task


def _delivery_id() -> UUID | None:
    """None when the job is called by hand: then Celery knows of no task, or of one without an id."""
    id = getattr(current_task, "request", None) and current_task.request.id
    return UUID(id) if id else None
