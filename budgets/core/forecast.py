"""Where the use of a period is heading, told only where there is enough to tell it from.

    daily average = sum of the spends of the last 28 days, today included ÷ 28
    projected     = spent + reserved + daily average × days after today
    burn index    = (spent ÷ allocated) ÷ (time gone ÷ time of the period)

All of it is exact and rounded once, when it is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from budgets.core.periods import Calendar, Window
from budgets.core.rounding import rounded
from ledger.days import ONE_DAY

TRAILING_DAYS = 28
ENOUGH_ELAPSED = Fraction(1, 4)
ENOUGH_BOOKINGS = 5
_INDEX_SCALE = 2
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What becomes of a period if things go on as they do.

    Attributes:
        enough_data: whether a quarter of the period is gone or five bookings are known. If not, there is no
            `exhausted_on`, and the other figures are early ones.
        projected: use at the end of the period, in its currency.
        burn_index: 1 = used as fast as time goes, 2 = twice as fast. None before the period begins and where nothing is
            allocated.
        exhausted_on: the day on which nothing will be left. None: not within this period, or not `enough_data`.
        daily_average: of the last 28 days.
        days_left: how many days of the period come after today.
    """

    enough_data: bool
    projected: Decimal
    burn_index: Decimal | None
    exhausted_on: date | None
    daily_average: Decimal
    days_left: int


def forecast(
    *,
    calendar: Calendar,
    window: Window,
    now: datetime,
    allocated: Decimal,
    spent: Decimal,
    reserved: Decimal,
    daily_spends: Iterable[tuple[date, Decimal]],
    bookings: int,
    scale: int,
) -> Forecast:
    """Carry the last 28 days on to the end of the period.

    Args:
        calendar: of the budget; it says which day `now` is.
        window: the period.
        now: the moment to look from.
        allocated: what the period allows.
        spent: captured so far, less refunds.
        reserved: held and not yet captured.
        daily_spends: what was spent on which day of the calendar, before this period too; in any order, a day may
            come more than once, and what lies outside the 28 days is left out.
        bookings: how many there were in the period.
        scale: decimals of the asset.
    """
    today = calendar.day_of(now)
    average = _daily_average(today, daily_spends)
    committed = Fraction(spent) + Fraction(reserved)
    days_left = max((window.end_day - max(today + ONE_DAY, window.first_day)).days, 0)
    elapsed = _elapsed(window, now)
    enough_data = elapsed >= ENOUGH_ELAPSED or bookings >= ENOUGH_BOOKINGS
    return Forecast(
        enough_data=enough_data,
        projected=rounded(committed + average * days_left, scale),
        burn_index=_burn_index(Fraction(spent), Fraction(allocated), elapsed),
        exhausted_on=_exhausted_on(window, today, Fraction(allocated) - committed, average) if enough_data else None,
        daily_average=rounded(average, scale),
        days_left=days_left,
    )


def _daily_average(today: date, daily_spends: Iterable[tuple[date, Decimal]]) -> Fraction:
    first = today - (TRAILING_DAYS - 1) * ONE_DAY
    total = sum((Fraction(amount) for day, amount in daily_spends if first <= day <= today), Fraction(0))
    return total / TRAILING_DAYS


def _burn_index(spent: Fraction, allocated: Fraction, elapsed: Fraction) -> Decimal | None:
    return rounded(spent / allocated / elapsed, _INDEX_SCALE) if allocated > 0 and elapsed else None


def _elapsed(window: Window, now: datetime) -> Fraction:
    """The share of the period that is gone, 0 to 1, by the clock."""
    gone = min(max(now, window.starts_at), window.ends_at) - window.starts_at
    whole = window.ends_at - window.starts_at
    return Fraction(gone // _MICROSECOND, whole // _MICROSECOND)


def _exhausted_on(window: Window, today: date, left: Fraction, average: Fraction) -> date | None:
    """The first day of the period, from today on, at whose end the average has eaten up what is left."""
    if left > 0 and average <= 0:
        return None
    last_counted = max(today, window.first_day - ONE_DAY)
    days = ceil(left / average) if left > 0 else 0
    if days > (window.end_day - last_counted).days:
        return None
    day = max(last_counted + days * ONE_DAY, window.first_day)
    return day if day < window.end_day else None
