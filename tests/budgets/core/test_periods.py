"""Periods and windows: exact ones from a calendar on the wall, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from budgets.core.periods import (
    Calendar,
    Window,
    WindowType,
    next_window,
    previous_window,
    prorated,
    window_at,
    windows_between,
)
from budgets.models.vocabulary import LimitWindow, PeriodType

BERLIN = Calendar("Europe/Berlin")
UTC_CALENDAR = Calendar("UTC")
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
RECURRING = [kind for kind in WindowType if kind is not WindowType.CUSTOM]

ODD_ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/Santiago", "America/St_Johns", "Asia/Beirut",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]  # fmt: skip
ZONES = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones()))
CALENDARS = st.builds(
    Calendar,
    zone=ZONES,
    week_start=st.integers(1, 7),
    month_day=st.integers(1, 28),
    fiscal_month=st.integers(1, 12),
)
KINDS = st.sampled_from(RECURRING)
EPOCH, MOST_DAYS = datetime(1970, 1, 1, tzinfo=UTC), 84_000
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=MOST_DAYS)).map(EPOCH.__add__)
APIA_SKIPS = datetime(2011, 12, 30, 10, tzinfo=UTC)
ST_JOHNS_REPEATS = datetime(2005, 10, 30, 2, 45, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=UTC)

thorough = settings(derandomize=True, deadline=None, max_examples=400)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(kind: str, calendar: Calendar, moment: str) -> Window:
    return window_at(kind, calendar, at(moment))


def hours(of: Window) -> float:
    return (of.ends_at - of.starts_at) / HOUR


def following(kind: WindowType, calendar: Calendar, of: Window) -> Window:
    found = next_window(kind, calendar, of)
    assert found is not None
    return found


def preceding(kind: WindowType, calendar: Calendar, of: Window) -> Window:
    found = previous_window(kind, calendar, of)
    assert found is not None
    return found


def test_the_words_are_those_of_the_models() -> None:
    assert {*PeriodType.values, *LimitWindow.values} - {LimitWindow.PER_TRANSACTION} == {*WindowType}


# What a calendar on the wall says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "moment", "key", "first_day", "end_day"),
    [
        ("DAILY", "2026-03-29T12:00", "2026-03-29", date(2026, 3, 29), date(2026, 3, 30)),
        ("WEEKLY", "2026-03-29T12:00", "2026-W13", date(2026, 3, 23), date(2026, 3, 30)),
        ("WEEKLY", "2027-01-01T12:00", "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("WEEKLY", "2025-12-30T12:00", "2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("MONTHLY", "2026-03-29T12:00", "2026-03", date(2026, 3, 1), date(2026, 4, 1)),
        ("MONTHLY", "2028-02-29T12:00", "2028-02", date(2028, 2, 1), date(2028, 3, 1)),
        ("QUARTERLY", "2026-03-29T12:00", "2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("QUARTERLY", "2026-12-31T12:00", "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("YEARLY", "2026-03-29T12:00", "2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_in_a_plain_calendar(kind: str, moment: str, key: str, first_day: date, end_day: date) -> None:
    found = window(kind, BERLIN, moment)

    assert (found.key, found.first_day, found.end_day) == (key, first_day, end_day)


@pytest.mark.parametrize(
    ("kind", "moment", "key", "first_day", "end_day"),
    [
        ("MONTHLY", "2026-03-14T12:00", "2026-02", date(2026, 2, 15), date(2026, 3, 15)),
        ("MONTHLY", "2026-03-15T12:00", "2026-03", date(2026, 3, 15), date(2026, 4, 15)),
        ("MONTHLY", "2026-01-14T12:00", "2025-12", date(2025, 12, 15), date(2026, 1, 15)),
        ("QUARTERLY", "2026-04-14T12:00", "2025-Q4", date(2026, 1, 15), date(2026, 4, 15)),
        ("QUARTERLY", "2026-04-15T12:00", "2026-Q1", date(2026, 4, 15), date(2026, 7, 15)),
        ("QUARTERLY", "2027-01-01T12:00", "2026-Q3", date(2026, 10, 15), date(2027, 1, 15)),
        ("YEARLY", "2026-04-14T12:00", "2025", date(2025, 4, 15), date(2026, 4, 15)),
        ("YEARLY", "2026-04-15T12:00", "2026", date(2026, 4, 15), date(2027, 4, 15)),
    ],
)
def test_in_a_fiscal_year_that_begins_on_15_april(
    kind: str, moment: str, key: str, first_day: date, end_day: date
) -> None:
    found = window(kind, Calendar("Europe/Berlin", month_day=15, fiscal_month=4), moment)

    assert (found.key, found.first_day, found.end_day) == (key, first_day, end_day)


@pytest.mark.parametrize(
    ("week_start", "key", "first_day"),
    [
        (1, "2026-W01", date(2025, 12, 29)),
        (2, "2026-W01", date(2025, 12, 30)),
        (3, "2026-W01", date(2025, 12, 31)),
        (4, "2026-W01", date(2026, 1, 1)),
        (5, "2025-W52", date(2025, 12, 26)),
        (6, "2025-W52", date(2025, 12, 27)),
        (7, "2025-W53", date(2025, 12, 28)),
    ],
)
def test_new_year_of_2026_lies_in_the_week_named_by_its_fourth_day(week_start: int, key: str, first_day: date) -> None:
    found = window("WEEKLY", Calendar("UTC", week_start=week_start), "2026-01-01T12:00")

    assert (found.key, found.first_day) == (key, first_day)


@thorough
@given(moment=MOMENTS)
def test_weeks_from_monday_are_those_of_iso_8601(moment: datetime) -> None:
    year, week, _ = moment.isocalendar()

    assert window_at("WEEKLY", UTC_CALENDAR, moment).key == f"{year}-W{week:02}"


@pytest.mark.parametrize(
    ("kind", "moment", "long"),
    [
        ("WEEKLY", "2026-03-25T12:00", 167),
        ("WEEKLY", "2026-10-22T12:00", 169),
        ("WEEKLY", "2026-04-01T12:00", 168),
        ("DAILY", "2026-03-29T12:00", 23),
        ("DAILY", "2026-10-25T12:00", 25),
        ("MONTHLY", "2026-03-25T12:00", 31 * 24 - 1),
        ("MONTHLY", "2026-10-22T12:00", 31 * 24 + 1),
        ("YEARLY", "2026-10-22T12:00", 365 * 24),
        ("YEARLY", "2028-02-29T12:00", 366 * 24),
    ],
)
def test_windows_of_berlin_are_as_long_as_its_clocks_say(kind: str, moment: str, long: int) -> None:
    assert hours(window(kind, BERLIN, moment)) == long


def test_a_week_of_berlin_begins_and_ends_at_its_midnights() -> None:
    found = window("WEEKLY", BERLIN, "2026-03-29T21:59:59.999999")

    assert (found.starts_at, found.ends_at) == (at("2026-03-22T23:00"), at("2026-03-29T22:00"))
    assert at("2026-03-29T22:00") not in found
    assert window("WEEKLY", BERLIN, "2026-03-29T22:00").key == "2026-W14"


@pytest.mark.parametrize(
    ("zone", "moment", "key"),
    [
        ("Pacific/Kiritimati", "2026-02-28T09:59", "2026-02"),
        ("Pacific/Kiritimati", "2026-02-28T10:00", "2026-03"),
        ("Pacific/Pago_Pago", "2026-03-01T10:59", "2026-02"),
        ("Pacific/Pago_Pago", "2026-03-01T11:00", "2026-03"),
        ("Asia/Kathmandu", "2026-02-28T18:14", "2026-02"),
        ("Asia/Kathmandu", "2026-02-28T18:15", "2026-03"),
    ],
)
def test_a_month_begins_when_it_does_there(zone: str, moment: str, key: str) -> None:
    assert window("MONTHLY", Calendar(zone), moment).key == key


def test_a_day_that_never_was_has_no_window() -> None:
    apia = Calendar("Pacific/Apia")
    days = list(windows_between("DAILY", apia, APIA_SKIPS - 24 * HOUR, APIA_SKIPS + 24 * HOUR))

    assert [(day.key, hours(day)) for day in days] == [("2011-12-29", 24), ("2011-12-31", 24)]
    assert hours(window_at("WEEKLY", apia, APIA_SKIPS)) == 6 * 24
    assert preceding(WindowType.DAILY, apia, days[1]) == days[0]


def test_a_custom_period_stands_alone() -> None:
    days = (date(2026, 3, 29), date(2026, 4, 15))
    found = window_at("CUSTOM", BERLIN, at("2026-04-01T00:00"), days)

    assert found == Window(
        "2026-03-29..2026-04-15", *days, starts_at=at("2026-03-28T23:00"), ends_at=at("2026-04-14T22:00")
    )
    assert window_at("CUSTOM", BERLIN, at("2020-01-01T00:00"), days) == found
    assert next_window("CUSTOM", BERLIN, found) is None
    assert previous_window("CUSTOM", BERLIN, found) is None


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-03-01T00:00", "2026-03-28T23:00", 0),
        ("2026-03-01T00:00", "2026-03-28T23:01", 1),
        ("2026-04-14T21:59", "2027-01-01T00:00", 1),
        ("2026-04-14T22:00", "2027-01-01T00:00", 0),
    ],
)
def test_a_custom_period_is_between_two_moments_if_it_shares_time_with_them(start: str, end: str, found: int) -> None:
    days = (date(2026, 3, 29), date(2026, 4, 15))

    assert len(list(windows_between("CUSTOM", BERLIN, at(start), at(end), days))) == found


def test_windows_between_are_those_that_share_time_with_the_stretch() -> None:
    keys = [
        found.key for found in windows_between("MONTHLY", UTC_CALENDAR, at("2025-12-31T23:59"), at("2026-03-01T00:00"))
    ]

    assert keys == ["2025-12", "2026-01", "2026-02"]
    assert list(windows_between("MONTHLY", UTC_CALENDAR, at("2026-03-01T00:00"), at("2026-03-01T00:00"))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"week_start": 0},
        {"week_start": 8},
        {"month_day": 0},
        {"month_day": 29},
        {"fiscal_month": 0},
        {"fiscal_month": 13},
    ],
    ids=str,
)
def test_a_calendar_that_cannot_be_is_not_made(wrong: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        Calendar("UTC", **wrong)


# What holds for all -------------------------------------------------------------------------------------------------


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


# Shares -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "scale", "from_day", "share"),
    [
        ("600.00", 2, date(2026, 3, 15), "329.03"),
        ("600.00", 8, date(2026, 3, 15), "329.03225806"),
        ("600", 0, date(2026, 3, 15), "329"),
        ("600.00", 2, date(2026, 3, 1), "600.00"),
        ("600.00", 2, date(2026, 2, 1), "600.00"),
        ("600.00", 2, date(2026, 3, 31), "19.35"),
        ("600.00", 2, date(2026, 4, 1), "0.00"),
        ("600.00", 2, date(2026, 5, 1), "0.00"),
        ("99999999999999999999.999999999999999999", 18, date(2026, 3, 2), "96774193548387096774.193548387096774192"),
    ],
)
def test_who_joins_within_a_month_gets_his_days(amount: str, scale: int, from_day: date, share: str) -> None:
    found = prorated(Decimal(amount), scale, window("MONTHLY", BERLIN, "2026-03-20T12:00"), from_day)

    assert str(found) == share


def test_a_leap_day_is_a_day() -> None:
    february = window("MONTHLY", BERLIN, "2028-02-20T12:00")

    assert prorated(Decimal("290.00"), 2, february, date(2028, 2, 29)) == Decimal("10.00")


@thorough
@given(
    amount=st.decimals(0, Decimal("99999999999999999999"), places=2),
    kind=KINDS,
    calendar=CALENDARS,
    moment=MOMENTS,
    day=st.integers(0, 366),
)
def test_two_shares_of_a_window_never_add_up_to_more(
    amount: Decimal, kind: WindowType, calendar: Calendar, moment: datetime, day: int
) -> None:
    """Who leaves and who comes on the same day: together at most the whole, and at most the smallest unit less."""
    found = window_at(kind, calendar, moment)
    from_day = min(found.first_day + timedelta(days=day), found.end_day)
    rest = prorated(amount, 2, found, from_day)
    mirrored = prorated(amount, 2, found, found.end_day - (from_day - found.first_day))

    assert 0 <= rest <= amount
    assert amount - Decimal("0.01") <= rest + mirrored <= amount
