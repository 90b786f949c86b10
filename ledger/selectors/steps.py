"""Cutting a stretch of time into steps of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ledger.days import ONE_DAY, day_of, first_instant, first_of_week


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
        day = day_of(moment, self.zone)
        match step:
            case Step.HOUR:
                # Counted in UTC: an hour that the clocks repeat or skip is an hour all the same.
                hour = moment.astimezone(self.zone).replace(minute=0, second=0, microsecond=0)
                return hour.astimezone(UTC) + timedelta(hours=1)
            case Step.DAY:
                return self._begins(day + ONE_DAY)
            case Step.WEEK:
                return self._begins(first_of_week(day, self.week_start) + 7 * ONE_DAY)
            case Step.MONTH:
                return self._begins((day.replace(day=1) + 32 * ONE_DAY).replace(day=1))

    def _begins(self, day: date) -> datetime:
        return first_instant(day, self.zone)


def points_between(start: datetime, end: datetime, step: Step, calendar: Calendar) -> Iterator[datetime]:
    """`start`, each beginning of a step after it, and `end`; one point if they are the same."""
    moment = start
    while moment < end:
        yield moment
        moment = calendar.next_start(moment, step)
    yield end
