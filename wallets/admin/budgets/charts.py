"""A period of a budget, drawn on the server: where what it allows came from and went, and its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from zoneinfo import ZoneInfo

from django.db import OperationalError

from budgets.core.rounding import rounded_down
from budgets.core.zones import is_known_zone
from budgets.models import BudgetPeriod
from budgets.selectors.figures import PeriodFigures, figures_of
from ledger.days import ONE_DAY, day_of, first_instant
from ledger.money import EXACT, ZERO, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.envelope_history import spent_between
from ledger.selectors.instants import EVER
from ledger.selectors.snapshot import one_instant
from ledger.services.allowances import EnvelopeKind
from wallets.admin.budgets.bars import signed
from wallets.admin.drawings import Chart, Line, draw_lines, share

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


def daily_chart(period: BudgetPeriod, now: datetime) -> Chart | None:
    """What was spent up to each day of a period, beside the straight line to what is allowed; up to today.

    Args:
        period: with its budget.

    Returns:
        None before it begins, where its zone is unknown, and when there is too much to draw.
    """
    budget = period.budget
    last_moment = min(now, period.ends_at)
    if last_moment <= period.starts_at or not is_known_zone(budget.zone):
        return None
    zone = ZoneInfo(budget.zone)
    first, end = day_of(period.starts_at, zone), day_of(period.ends_at, zone)
    if (end - first).days > MOST_DAYS:
        return None
    last = min(day_of(last_moment, zone), end - ONE_DAY)
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    try:
        with one_instant():
            figures = figures_of([period])[period.id]
            spent = _spent(period, figures.used, [first_instant(day, zone) for day in days])
    except OperationalError:
        return None
    return _drawn(period, days, spent, (end - first).days, figures.allocated)


def _spent(period: BudgetPeriod, used: Decimal, starts: list[datetime]) -> list[Decimal]:
    """What was spent on each day. What came back after the period is on its last day, and what counts in it though it
    happened before, such as a late event, on its first."""
    spent = spent_between(EnvelopeKind.BUDGET, [(period.id, period.budget.currency)], [*starts, EVER])
    before = EXACT.subtract(used, reduce(EXACT.add, spent))
    return [EXACT.add(spent[0], before), *spent[1:]]


def _drawn(
    period: BudgetPeriod, days: Sequence[date], spent: Sequence[Decimal], length: int, allowed: Decimal
) -> Chart:
    currency = period.budget.currency
    scale = get_asset(currency).cash_scale
    totals = list(accumulate(spent, EXACT.add, initial=ZERO))
    even = [_even(allowed, place, length, scale) for place in range(1, length + 1)]
    amounts = zip(spent, totals[1:], even, strict=False)
    words = f"Spent up to each day of {period.key} (solid), and if all that is allowed was spent evenly (dashed)."
    return Chart(
        name="days",
        title=f"Day by day in {period.key}",
        words=f"{words} What counts here but happened before or after the period is on its first or last day.",
        drawing=draw_lines(
            [Line("ideal", [ZERO, *even[:-1], allowed]), Line("line", totals)],
            length,
            name=words,
            ends=(f"{days[0]:%-d %b}", f"{days[0] + (length - 1) * ONE_DAY:%-d %b}"),
            written=lambda amount: f"{signed(amount, scale)} {currency}",
        ),
        columns=("day", "currency", "spent", "spent_so_far", "even_so_far"),
        rows=[
            (day.isoformat(), currency, *(format_amount(amount, scale) for amount in row))
            for day, row in zip(days, amounts, strict=False)
        ],
        texts=2,
    )


def _even(allowed: Decimal, day: int, length: int, scale: int) -> Decimal:
    """What would be spent by the end of a day if every day took the same; to the cent, rounded towards nothing."""
    even = rounded_down(Fraction(EXACT.abs(allowed)) * day / length, scale)
    return even if allowed >= 0 else EXACT.minus(even)
