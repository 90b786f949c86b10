"""Where days begin, in zones whose clocks do odd things at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.days import ONE_DAY, day_of, first_instant, first_of_week
from ledger.selectors.steps import Calendar, Step, points_between

ZONES = st.sampled_from(sorted(available_timezones()))
DAYS = st.dates(date(1850, 1, 1), date(2199, 12, 31))
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=127_000)).map(datetime(1850, 1, 1, tzinfo=UTC).__add__)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        pytest.param("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00:00", id="the-clocks-change-later-that-day"),
        pytest.param("Europe/Berlin", date(2026, 3, 30), "2026-03-29T22:00:00", id="after-23-hours"),
        pytest.param("Africa/Cairo", date(2024, 4, 26), "2024-04-25T22:00:00", id="midnight-is-skipped-in-cairo"),
        pytest.param("America/Santiago", date(2025, 9, 7), "2025-09-07T04:00:00", id="and-in-santiago"),
        pytest.param("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00:00", id="and-in-beirut"),
        pytest.param("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30:00", id="skipped-from-2330-to-0030"),
        pytest.param("America/St_Johns", date(2005, 10, 30), "2005-10-30T02:30:00", id="midnight-comes-twice"),
        pytest.param("America/Havana", date(2025, 11, 2), "2025-11-02T04:00:00", id="its-first-hour-comes-twice"),
        pytest.param("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00:00", id="before-the-missing-day"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00", id="the-missing-day-is-empty"),
        pytest.param("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00", id="after-the-missing-day"),
        pytest.param("Pacific/Kiritimati", date(2026, 1, 1), "2025-12-31T10:00:00", id="plus-14"),
        pytest.param("Pacific/Pago_Pago", date(2026, 1, 1), "2026-01-01T11:00:00", id="minus-11"),
    ],
)
def test_a_day_begins_with_its_first_instant(zone: str, day: date, begins: str) -> None:
    assert first_instant(day, ZoneInfo(zone)) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(zone=ZONES, day=DAYS)
@example(zone="America/Toronto", day=date(1919, 3, 31))
@example(zone="America/St_Johns", day=date(2005, 10, 30))
@example(zone="America/Sitka", day=date(1867, 10, 19))
@example(zone="Asia/Manila", day=date(1844, 12, 31))
@example(zone="Pacific/Apia", day=date(2011, 12, 30))
@example(zone="Pacific/Kwajalein", day=date(1993, 8, 21))
def test_before_the_first_instant_no_clock_has_shown_the_day(zone: str, day: date) -> None:
    clocks = ZoneInfo(zone)
    begins = first_instant(day, clocks)

    assert begins.tzinfo is UTC
    assert begins.astimezone(clocks).date() >= day
    assert all(
        (begins - ago).astimezone(clocks).date() < day for ago in (SECOND, *(n * 900 * SECOND for n in range(1, 193)))
    )


@settings(derandomize=True, deadline=None, max_examples=400)
@given(zone=ZONES, moment=MOMENTS)
@example(zone="America/St_Johns", moment=datetime(2005, 10, 30, 2, 45, tzinfo=UTC))
@example(zone="America/Sitka", moment=datetime(1867, 10, 19, 5, tzinfo=UTC))
@example(zone="Pacific/Apia", moment=datetime(2011, 12, 30, 10, tzinfo=UTC))
def test_every_moment_belongs_to_the_one_day_around_it(zone: str, moment: datetime) -> None:
    clocks = ZoneInfo(zone)
    day = day_of(moment, clocks)

    assert first_instant(day, clocks) <= moment < first_instant(day + ONE_DAY, clocks)


def test_what_clocks_show_twice_is_part_of_the_day_that_had_begun() -> None:
    """In St. John's they went from 00:01 back to 23:01."""
    clocks = ZoneInfo("America/St_Johns")
    again = datetime(2005, 10, 30, 2, 45, tzinfo=UTC)

    assert again.astimezone(clocks).date() == date(2005, 10, 29)
    assert day_of(again, clocks) == date(2005, 10, 30)


@pytest.mark.parametrize("week_start", range(1, 8))
def test_a_week_begins_with_its_day(week_start: int) -> None:
    for n in range(14):
        day = date(2026, 3, 1) + n * ONE_DAY
        first = first_of_week(day, week_start)
        assert first.isoweekday() == week_start
        assert first <= day < first + 7 * ONE_DAY


def test_steps_go_on_where_midnight_comes_twice() -> None:
    """From within the hour that came again: the next day is the one after it, not the one that had begun."""
    start, end = datetime(2005, 10, 30, 2, 45, tzinfo=UTC), datetime(2005, 10, 31, 12, tzinfo=UTC)

    points = list(points_between(start, end, Step.DAY, Calendar(ZoneInfo("America/St_Johns"))))

    assert points == [start, datetime(2005, 10, 31, 3, 30, tzinfo=UTC), end]
