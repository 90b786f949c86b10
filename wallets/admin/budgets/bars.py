"""How the use of budgets and limits is drawn: bars of three parts, with the same said in words beside them.

The parts differ by more than their colour: what is spent is solid, what is reserved striped, what is left empty. A tick
stands where the use would be if everything was used evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from budgets.models import BudgetPeriod
from budgets.selectors.budgets import BudgetView
from budgets.selectors.limits import Usage
from ledger.money import EXACT, ZERO, format_amount
from ledger.selectors.assets import get_asset
from wallets.admin.drawings import share
from wallets.api.budget_views import used_percent

NO_PERIOD = "No period now"


@dataclass(frozen=True, slots=True)
class Bar:
    """A drawn bar. The places are shares of its width, as SVG takes them.

    Attributes:
        allowed: where what is allowed ends, if more than that is used; "" = at the end.
        tick: where even use would be; "" = nowhere.
        words: all of it for who does not see it.
    """

    spent: str
    reserved: str
    allowed: str
    tick: str
    words: str


def bar_of(allowed: Decimal, used: Decimal, reserved: Decimal, *, elapsed: int | None, words: str) -> Bar:
    """Draw what is used and reserved of what is allowed.

    Args:
        elapsed: the percentage of the time that is gone; None = there is no time to compare with.
    """
    allowed, used = max(allowed, ZERO), max(used, ZERO)
    taken = EXACT.add(used, max(reserved, ZERO))
    whole = max(allowed, taken)
    even = None if elapsed is None else EXACT.divide(EXACT.multiply(allowed, Decimal(elapsed)), Decimal(100))
    return Bar(
        spent=share(used, whole),
        reserved=share(taken, whole),
        allowed=share(allowed, whole) if taken > allowed else "",
        tick="" if even is None else share(even, whole),
        words=words,
    )


def drawn(bar: Bar) -> SafeString:
    return mark_safe(render_to_string("admin/budgets/bar.html", {"bar": bar}))  # noqa: S308 - the template escapes


def budget_bar(view: BudgetView, now: datetime) -> SafeString | str:
    """The current period of a budget as a bar, and its figures in words below."""
    figures, period = view.figures, view.period
    if figures is None or period is None:
        return NO_PERIOD
    scale, currency = get_asset(view.budget.currency).cash_scale, view.budget.currency
    first = left_of(figures.remaining, figures.allocated, currency, scale)
    second = f"{signed(figures.used, scale)} spent, {signed(figures.reserved, scale)} reserved"
    elapsed = elapsed_percent(period, now)
    words = f"{first}; {second}; {elapsed} % of the time is gone"
    bar = bar_of(figures.allocated, figures.used, figures.reserved, elapsed=elapsed, words=words)
    return format_html('{}<span class="bar-words">{}<br>{}</span>', drawn(bar), first, second)


def pace(view: BudgetView, now: datetime) -> SafeString | str:
    """How the use compares with the time: `25 % used`, and below `43 % of time gone`."""
    if view.figures is None or view.period is None:
        return NO_PERIOD
    used, elapsed = used_percent(view.figures), elapsed_percent(view.period, now)
    how_much = "nothing allowed" if used is None else f"{used} % used"
    return format_html('<span class="pace">{}</span><br><span class="pace">{} % of time gone</span>', how_much, elapsed)


def is_ahead_of_time(view: BudgetView, now: datetime) -> bool:
    """Whether a larger share of the budget is used than of its time."""
    if view.figures is None or view.period is None:
        return False
    used = used_percent(view.figures)
    return view.figures.used > 0 and (used is None or used > elapsed_percent(view.period, now))


def elapsed_percent(period: BudgetPeriod, now: datetime) -> int:
    """How much of a period's time is gone, rounded down."""
    return min(max((now - period.starts_at) * 100 // (period.ends_at - period.starts_at), 0), 100)


def usage_bar(usage: Usage | None, unit: str, scale: int) -> SafeString | str:
    """One figure of a limit as a bar, and in words below. `unit`: a currency, or what is counted."""
    if usage is None:
        return ""
    used, reserved = signed(usage.used, scale), signed(usage.reserved, scale)
    first = left_of(usage.remaining, usage.maximum, unit, scale)
    second = f"{used} used, {reserved} reserved"
    bar = bar_of(usage.maximum, usage.used, usage.reserved, elapsed=None, words=f"{first}; {second}")
    return format_html('{}<span class="bar-words">{}<br>{}</span>', drawn(bar), first, second)


def left_of(left: Decimal, allowed: Decimal, unit: str, scale: int) -> str:
    """`90.00 EUR left of 120.00`, or `10.00 EUR over 20.00`."""
    if left < 0:
        return f"{signed(EXACT.abs(left), scale)} {unit} over {signed(allowed, scale)}"
    return f"{signed(left, scale)} {unit} left of {signed(allowed, scale)}"


def signed(amount: Decimal, scale: int) -> str:
    """An amount with a minus that is as wide as a digit."""
    return format_amount(amount, scale).replace("-", "−")


def written(amount: Decimal, currency: str) -> str:
    """A signed amount with its currency: `−12.50 EUR`."""
    return f"{signed(amount, get_asset(currency).cash_scale)} {currency}"
