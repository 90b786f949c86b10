"""What the schedule promises, and whether it is kept."""

from __future__ import annotations

from datetime import timedelta

from celery.schedules import BaseSchedule, maybe_schedule
from django.conf import settings

from ledger.selectors.job_runs import LastRun

GRACE = timedelta(minutes=2)
"""How far behind its time a job may be: workers may be busy, and the last run takes its time."""


def scheduled_jobs() -> list[str]:
    """The names of the regular jobs, in the order of the settings."""
    return [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]


def is_late(run: LastRun) -> bool:
    """Whether the next success of a job has been due for longer than `GRACE`. One that never ran well is counted from
    when the first job ran; if none ever did, nobody looks at the schedule."""
    since = run.succeeded_at or run.watched_since
    if since is None:
        return True
    schedules = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    schedule = maybe_schedule(schedules[run.job])
    assert isinstance(schedule, BaseSchedule), "a timedelta or a schedule stands in the settings"
    return bool(schedule.remaining_estimate(since) < -GRACE)
