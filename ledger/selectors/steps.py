"""Cutting a stretch of time into steps of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Step(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where days begin, and on which day a week does (1 Monday … 7 Sunday)."""

    zone: ZoneInfo
    week_start: int = 1

    def next_start(self, moment: datetime, step: Step) -> datetime:
        """When the hour, day, week or month after the one of `moment` begins, in UTC."""
        local = moment.astimezone(self.zone)
        day = local.date()
        match step:
            case Step.HOUR:
                # Counted in UTC: an hour that the clocks repeat or skip is an hour all the same.
                return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC) + timedelta(hours=1)
            case Step.DAY:
                return self._midnight(day + timedelta(days=1))
            case Step.WEEK:
                return self._midnight(day + timedelta(days=7 - (day.isoweekday() - self.week_start) % 7))
            case Step.MONTH:
                return self._midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def points_between(start: datetime, end: datetime, step: Step, calendar: Calendar) -> Iterator[datetime]:
    """`start`, each beginning of a step after it, and `end`; one point if they are the same."""
    moment = start
    while moment < end:
        yield moment
        moment = calendar.next_start(moment, step)
    yield end
