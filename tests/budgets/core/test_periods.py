"""Periods and windows as a calendar on the wall has them, with exact days and hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from budgets.core.periods import (
    Calendar,
    Window,
    WindowType,
    next_window,
    previous_window,
    window_at,
    windows_between,
)
from budgets.models.vocabulary import LimitWindow, PeriodType
from tests.budgets.core.calendars import APIA_SKIPS, BERLIN, UTC_CALENDAR, at, window

HOUR = timedelta(hours=1)


def hours(of: Window) -> float:
    return (of.ends_at - of.starts_at) / HOUR


def test_the_words_are_those_of_the_models() -> None:
    assert {*PeriodType.values, *LimitWindow.values} - {LimitWindow.PER_TRANSACTION} == {*WindowType}


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
    assert previous_window("DAILY", apia, days[1]) == days[0]


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
