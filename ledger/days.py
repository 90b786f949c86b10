"""Where days and weeks begin in a time zone: the one arithmetic of days that everything with a calendar uses.

A day begins with the first instant at which the clocks of the zone show it or a later one. Mostly that is midnight, but
midnight may be skipped (Cairo, Santiago, Beirut), may come twice (St. John's until 2011: then the earlier one counts),
and a whole day may be missing (Apia, 30 December 2011: then it is empty, it begins where the next one does). By this
definition days never overlap and leave nothing out, whatever the clocks do.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=4096)  # Every spend asks for the same few days, once per rule that covers it.
def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`."""
    midnight = datetime.combine(day, time.min, zone)
    instant = midnight.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # The clocks skip midnight. They do so between these two, as the offsets before and after the change read it.
    return _first_showing(day, zone, after=midnight.replace(fold=1).astimezone(UTC), until=instant)


def _first_showing(day: date, zone: ZoneInfo, *, after: datetime, until: datetime) -> datetime:
    """The first full second after `after`, up to `until`, at which the clocks show `day` or a later one."""
    too_early, seconds = 0, (until - after) // _ONE_SECOND
    while seconds - too_early > 1:
        middle = (too_early + seconds) // 2
        if (after + middle * _ONE_SECOND).astimezone(zone).date() < day:
            too_early = middle
        else:
            seconds = middle
    return after + seconds * _ONE_SECOND


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that `moment` belongs to in `zone`: the last one that has begun.

    It is the date that the clocks show, except where they are put back over midnight: what they show twice is part of
    the day that had begun already.
    """
    day = moment.astimezone(zone).date()
    while first_instant(day + ONE_DAY, zone) <= moment:
        day += ONE_DAY
    return day


def first_of_week(day: date, week_start: int) -> date:
    """The first day of the week of `day`, if weeks begin with `week_start` (1 Monday … 7 Sunday)."""
    return day - (day.isoweekday() - week_start) % 7 * ONE_DAY
