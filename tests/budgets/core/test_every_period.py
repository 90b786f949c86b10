"""What holds for every period of every calendar, whatever the clocks of its zone do."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from budgets.core.periods import (
    Calendar,
    Window,
    WindowType,
    next_window,
    previous_window,
    window_at,
    windows_between,
)
from tests.budgets.core.calendars import (
    APIA_SKIPS,
    CALENDARS,
    KINDS,
    LEAP_DAY,
    MOMENTS,
    ST_JOHNS_REPEATS,
    UTC_CALENDAR,
    at,
    thorough,
)

MICROSECOND = timedelta(microseconds=1)


def following(kind: WindowType, calendar: Calendar, of: Window) -> Window:
    found = next_window(kind, calendar, of)
    assert found is not None
    return found


def preceding(kind: WindowType, calendar: Calendar, of: Window) -> Window:
    found = previous_window(kind, calendar, of)
    assert found is not None
    return found


@thorough
@given(moment=MOMENTS)
def test_weeks_from_monday_are_those_of_iso_8601(moment: datetime) -> None:
    year, week, _ = moment.isocalendar()

    assert window_at("WEEKLY", UTC_CALENDAR, moment).key == f"{year}-W{week:02}"


@thorough
@given(kind=KINDS, calendar=CALENDARS, moment=MOMENTS, share=st.fractions(0, 1))
@example(kind=WindowType.DAILY, calendar=Calendar("Pacific/Apia"), moment=APIA_SKIPS, share=0)
@example(kind=WindowType.DAILY, calendar=Calendar("America/St_Johns"), moment=ST_JOHNS_REPEATS, share=0)
@example(kind=WindowType.YEARLY, calendar=Calendar("UTC", 1, 28, 2), moment=LEAP_DAY, share=0)
def test_every_moment_lies_in_one_window(kind: WindowType, calendar: Calendar, moment: datetime, share: float) -> None:
    found = window_at(kind, calendar, moment)

    assert moment in found
    assert found.days > 0
    inside = found.starts_at + int(((found.ends_at - found.starts_at) // MICROSECOND - 1) * share) * MICROSECOND
    for other in (found.starts_at, inside, found.ends_at - MICROSECOND):
        assert window_at(kind, calendar, other) == found
    for other in (found.starts_at - MICROSECOND, found.ends_at):
        assert window_at(kind, calendar, other) != found


@thorough
@given(kind=KINDS, calendar=CALENDARS, moment=MOMENTS)
@example(kind=WindowType.DAILY, calendar=Calendar("Pacific/Apia"), moment=APIA_SKIPS)
@example(kind=WindowType.WEEKLY, calendar=Calendar("Pacific/Apia", 5), moment=APIA_SKIPS)
@example(kind=WindowType.DAILY, calendar=Calendar("America/St_Johns"), moment=ST_JOHNS_REPEATS)
@example(kind=WindowType.MONTHLY, calendar=UTC_CALENDAR, moment=LEAP_DAY)
def test_next_and_previous_are_adjacent_and_undo_each_other(
    kind: WindowType, calendar: Calendar, moment: datetime
) -> None:
    found = window_at(kind, calendar, moment)
    after, before = following(kind, calendar, found), preceding(kind, calendar, found)

    assert (before.ends_at, found.ends_at) == (found.starts_at, after.starts_at)
    assert preceding(kind, calendar, after) == found == following(kind, calendar, before)


@thorough
@given(kind=KINDS, calendar=CALENDARS, moments=st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_keys_are_unique_and_sort_as_their_windows(
    kind: WindowType, calendar: Calendar, moments: list[datetime]
) -> None:
    first, second = (window_at(kind, calendar, moment) for moment in moments)

    assert first == second or (first.key < second.key and first.ends_at <= second.starts_at)
    assert first.key < following(kind, calendar, first).key
    assert len(first.key) <= 24


@pytest.mark.parametrize("week_start", range(1, 8))
def test_keys_of_weeks_sort_over_four_hundred_years(week_start: int) -> None:
    calendar = Calendar("UTC", week_start=week_start)
    keys = [week.key for week in windows_between("WEEKLY", calendar, at("1800-01-01T00:00"), at("2200-01-01T00:00"))]

    assert all(before < after for before, after in pairwise(keys))
    assert {key[-2:] for key in keys} == {f"{number:02}" for number in range(1, 54)}


@pytest.mark.parametrize("month_day", [1, 15, 28])
@pytest.mark.parametrize("kind", ["MONTHLY", "QUARTERLY", "YEARLY"])
def test_months_quarters_and_years_begin_on_the_month_day(kind: str, month_day: int) -> None:
    for fiscal_month in range(1, 13):
        calendar = Calendar("Europe/Berlin", month_day=month_day, fiscal_month=fiscal_month)
        found = list(windows_between(kind, calendar, at("2027-06-01T00:00"), at("2029-06-01T00:00")))
        months = {"MONTHLY": 1, "QUARTERLY": 3, "YEARLY": 12}[kind]

        assert {one.first_day.day for one in found} == {month_day}
        assert {(one.first_day.month - fiscal_month) % months for one in found} == {0}
        assert all(one.end_day == other.first_day for one, other in pairwise(found))
