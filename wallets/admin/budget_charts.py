"""A period of a budget, drawn on the server: where what it allows came from and went, and its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import OperationalError

from budgets.models import BudgetPeriod
from budgets.selectors.figures import PeriodFigures
from ledger.days import ONE_DAY, day_of
from ledger.money import EXACT, ZERO, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.envelope_days import spent_by_day
from wallets.admin.budget_bars import share, signed

WIDTH, HEIGHT = 900, 160
"""In the drawing's own units; it is as wide as the page."""
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Fall:
    """One step of the waterfall: its amount, and from where to where its bar reaches.

    Attributes:
        kind: how it is drawn: sum, more, less.
    """

    name: str
    amount: str
    kind: str
    start: str
    width: str


def waterfall(figures: PeriodFigures, currency: str) -> list[Fall]:
    """base → carry-in → adjustments → carried out → reserved → spent → left. What is left is what the rest adds up
    to."""
    steps = [
        ("Starts with", figures.base),
        ("Carried in", figures.carry_in),
        ("Adjustments", figures.adjustments),
        ("Carried out", EXACT.minus(figures.carried_out)),
        ("Reserved", EXACT.minus(figures.reserved)),
        ("Spent", EXACT.minus(figures.used)),
    ]
    edges = [ZERO]
    for _, amount in steps:
        edges.append(EXACT.add(edges[-1], amount))
    lowest, highest = min(edges), max(edges)
    whole, scale = EXACT.subtract(highest, lowest), get_asset(currency).cash_scale

    def fall(name: str, amount: Decimal, start: Decimal, end: Decimal, kind: str) -> Fall:
        left, width = EXACT.subtract(min(start, end), lowest), EXACT.abs(EXACT.subtract(end, start))
        return Fall(name, f"{signed(amount, scale)} {currency}", kind, share(left, whole), share(width, whole))

    falls = [
        fall(name, amount, start, end, "more" if amount > 0 else "less")
        for (name, amount), start, end in zip(steps, edges, edges[1:], strict=False)
    ]
    falls[0] = fall("Starts with", figures.base, ZERO, figures.base, "sum")
    return [*falls, fall("Left", figures.remaining, ZERO, figures.remaining, "sum")]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a period, with amounts as they are written. `total`: up to its end; `even`: had all been even."""

    day: date
    spent: str
    total: str
    even: str


@dataclass(frozen=True, slots=True)
class DailyChart:
    """What was spent up to each day, beside the straight line to what is allowed. `line` and `ideal` are the points of
    the drawing; `days` says the same in figures."""

    line: str
    ideal: str
    days: list[Day]
    currency: str


def daily_chart(period: BudgetPeriod, figures: PeriodFigures, now: datetime) -> DailyChart | None:
    """Of a period with its budget, up to today.

    Returns:
        None before it begins, and when there is too much to draw.
    """
    budget = period.budget
    zone = ZoneInfo(budget.zone)
    last_moment = min(now, period.ends_at)
    if last_moment <= period.starts_at:
        return None
    first, end = day_of(period.starts_at, zone), day_of(period.ends_at, zone)
    if (end - first).days > MOST_DAYS:
        return None
    try:
        spent = spent_by_day(period.id, budget.currency, since=period.opened_at, zone=zone)
    except OperationalError:
        return None
    last = min(day_of(last_moment, zone), end - ONE_DAY)
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    return _drawn(days, _within(days, spent), (end - first).days, figures.allocated, budget.currency)


def _within(days: Sequence[date], spent: dict[date, Decimal]) -> dict[date, Decimal]:
    """What counted in the period but happened before it, such as a late event, goes to its first day; what came back
    after it to its last."""
    within: dict[date, Decimal] = {}
    for day, amount in spent.items():
        shown = min(max(day, days[0]), days[-1])
        within[shown] = EXACT.add(within.get(shown, ZERO), amount)
    return within


def _drawn(
    days: Sequence[date], spent: dict[date, Decimal], length: int, allowed: Decimal, currency: str
) -> DailyChart:
    scale = get_asset(currency).cash_scale
    totals = [ZERO]
    for day in days:
        totals.append(EXACT.add(totals[-1], spent.get(day, ZERO)))
    lowest, highest = min(*totals, allowed), max(*totals, allowed)
    across = [WIDTH * place // length for place in range(len(totals))]
    down = [_height(total, lowest, highest) for total in totals]
    rows = [
        Day(
            day,
            format_amount(spent.get(day, ZERO), scale),
            format_amount(totals[place], scale),
            _even(allowed, place, length, scale),
        )
        for place, day in enumerate(days, 1)
    ]
    return DailyChart(
        line=" ".join(f"{x},{y}" for x, y in zip(across, down, strict=True)),
        ideal=f"0,{_height(ZERO, lowest, highest)} {WIDTH},{_height(allowed, lowest, highest)}",
        days=rows,
        currency=currency,
    )


def _even(allowed: Decimal, day: int, length: int, scale: int) -> str:
    """What would be spent by the end of a day if every day took the same; to the cent, rounded down."""
    cents = Decimal(1).scaleb(-scale)
    whole = EXACT.divide_int(EXACT.multiply(EXACT.abs(allowed), Decimal(day)), EXACT.multiply(cents, Decimal(length)))
    even = EXACT.multiply(whole, cents)
    return format_amount(even if allowed >= 0 else EXACT.minus(even), scale)


def _height(amount: Decimal, lowest: Decimal, highest: Decimal) -> int:
    """How far below the upper edge, which is the highest amount."""
    span = EXACT.subtract(highest, lowest)
    if not span:
        return HEIGHT
    return int(EXACT.divide_int(EXACT.multiply(EXACT.subtract(highest, amount), Decimal(HEIGHT)), span))
