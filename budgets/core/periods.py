"""Periods of budgets and windows of limits: which one an instant lies in, and what comes before and after (R59).

All are half-open in UTC and cut by the calendar of a zone, never by adding hours: a week of Berlin lasts 167 or 169
hours when the clocks change. What a day is, is said in `ledger.days`; every instant lies in exactly one window.

Keys name a window among those of its type and calendar. They are at most 24 characters and sort as the windows do.

| type      | key                     | named by                                                                     |
|-----------|-------------------------|------------------------------------------------------------------------------|
| DAILY     | 2026-03-29              | its day                                                                      |
| WEEKLY    | 2026-W13                | the year in which its fourth day lies, and its number among the weeks of it |
| MONTHLY   | 2026-03                 | its first day                                                                |
| QUARTERLY | 2026-Q1                 | the year in which its fiscal year begins, and its number therein             |
| YEARLY    | 2026                    | the year in which it begins                                                  |
| CUSTOM    | 2026-03-29..2026-04-15  | its first day and the first day after it                                     |

For weeks that begin on Monday that is the week of ISO 8601; for the others the same rule with another first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from budgets.core.rounding import rounded_down
from ledger.days import ONE_DAY, day_of, first_instant, first_of_week

_MOMENT = timedelta(microseconds=1)  # The finest that a moment can be told.


class WindowType(StrEnum):
    """How long a period of a budget or a window of a limit lasts. The words are those of the models."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    YEARLY = "YEARLY"
    CUSTOM = "CUSTOM"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When days, weeks, months and years begin for a company.

    Args:
        zone: IANA name.
        week_start: first day of the week, 1 Monday … 7 Sunday.
        month_day: day on which months begin, 1–28; quarters and years do so too.
        fiscal_month: month with which years begin, 1–12.
    """

    zone: str
    week_start: int = 1
    month_day: int = 1
    fiscal_month: int = 1

    def __post_init__(self) -> None:
        assert 1 <= self.week_start <= 7, "a week begins on one of seven days"
        assert 1 <= self.month_day <= 28, "every month has the day on which it begins"
        assert 1 <= self.fiscal_month <= 12, "a year begins with one of twelve months"

    def starts_at(self, day: date) -> datetime:
        """When `day` begins, in UTC."""
        return first_instant(day, ZoneInfo(self.zone))

    def day_of(self, moment: datetime) -> date:
        """The day that `moment` belongs to."""
        return day_of(moment, ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days: from `first_day` up to, but without, `end_day`; the same as instants in UTC."""

    key: str
    first_day: date
    end_day: date
    starts_at: datetime
    ends_at: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    @property
    def days(self) -> int:
        return (self.end_day - self.first_day).days


def window_at(window_type: str, calendar: Calendar, at: datetime, custom: tuple[date, date] | None = None) -> Window:
    """The window that `at` lies in.

    Args:
        window_type: a `WindowType`, or its value as models hold it.
        calendar: of the budget or limit.
        at: any moment that knows its zone.
        custom: for CUSTOM, the first day and the first day after it. There is one such window, which is the answer
            whether `at` lies in it or not; ask `at in window`.
    """
    kind = WindowType(window_type)
    if kind is WindowType.CUSTOM:
        assert custom is not None, "a custom period has its own days"
        first_day, end_day = custom
        assert first_day < end_day, "a period has at least one day"
    else:
        first_day, end_day = _days_around(kind, calendar, calendar.day_of(at))
    return Window(
        key=_key(kind, calendar, first_day, end_day),
        first_day=first_day,
        end_day=end_day,
        starts_at=calendar.starts_at(first_day),
        ends_at=calendar.starts_at(end_day),
    )


def next_window(window_type: str, calendar: Calendar, window: Window) -> Window | None:
    """The window that begins where `window` ends; None after a CUSTOM one, which stands alone."""
    return None if window_type == WindowType.CUSTOM else window_at(window_type, calendar, window.ends_at)


def previous_window(window_type: str, calendar: Calendar, window: Window) -> Window | None:
    """The window that ends where `window` begins; None before a CUSTOM one, which stands alone."""
    return None if window_type == WindowType.CUSTOM else window_at(window_type, calendar, window.starts_at - _MOMENT)


def windows_between(
    window_type: str, calendar: Calendar, start: datetime, end: datetime, custom: tuple[date, date] | None = None
) -> Iterator[Window]:
    """All windows that have something in common with the stretch from `start` up to `end`, in order."""
    if start >= end:
        return
    window: Window | None = window_at(window_type, calendar, start, custom)
    while window is not None and window.starts_at < end:
        if window.ends_at > start:
            yield window
        window = next_window(window_type, calendar, window)


def prorated(amount: Decimal, scale: int, window: Window, from_day: date) -> Decimal:
    """The share of `amount` for the rest of a window: amount × days from `from_day` on ÷ days of the window.

    Who joins on 15 March gets 17/31 of 600.00, which is 329.03. Days are counted, not hours, and the day itself counts.

    Args:
        amount: for the whole window.
        scale: decimals of the asset. The share is rounded down to it, so that shares never add up to more.
        window: of which the rest is taken.
        from_day: first day of the rest. Before the window's first: all of it; after its last: nothing.
    """
    days_left = (window.end_day - min(max(from_day, window.first_day), window.end_day)).days
    return rounded_down(Fraction(amount) * days_left / window.days, scale)


def _days_around(kind: WindowType, calendar: Calendar, day: date) -> tuple[date, date]:
    """First day and first day after the window that `day` lies in."""
    match kind:
        case WindowType.DAILY:
            return day, day + ONE_DAY
        case WindowType.WEEKLY:
            first_day = first_of_week(day, calendar.week_start)
            return first_day, first_day + 7 * ONE_DAY
        case WindowType.MONTHLY:
            return _months_around(day, calendar, 1)
        case WindowType.QUARTERLY:
            return _months_around(day, calendar, 3)
        case _:
            return _months_around(day, calendar, 12)


def _months_around(day: date, calendar: Calendar, length: int) -> tuple[date, date]:
    """The same for windows of `length` months, counted from the month with which the fiscal year begins."""
    month = _month_number(day) - (day.day < calendar.month_day)
    first = month - (month - (calendar.fiscal_month - 1)) % length
    return _first_of_month(first, calendar), _first_of_month(first + length, calendar)


def _month_number(day: date) -> int:
    """Months since the year 0, so that they can be counted across years."""
    return day.year * 12 + day.month - 1


def _first_of_month(number: int, calendar: Calendar) -> date:
    return date(number // 12, number % 12 + 1, calendar.month_day)


def _key(kind: WindowType, calendar: Calendar, first_day: date, end_day: date) -> str:
    match kind:
        case WindowType.DAILY:
            return first_day.isoformat()
        case WindowType.WEEKLY:
            # Fourth days are seven days apart, so no two weeks share one's place in its year.
            fourth = first_day + 3 * ONE_DAY
            return f"{fourth.year:04}-W{(fourth.timetuple().tm_yday - 1) // 7 + 1:02}"
        case WindowType.MONTHLY:
            return f"{first_day.year:04}-{first_day.month:02}"
        case WindowType.QUARTERLY:
            months = _month_number(first_day) - (calendar.fiscal_month - 1)
            return f"{months // 12:04}-Q{months % 12 // 3 + 1}"
        case WindowType.YEARLY:
            return f"{first_day.year:04}"
        case WindowType.CUSTOM:
            return f"{first_day.isoformat()}..{end_day.isoformat()}"
