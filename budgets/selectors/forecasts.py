"""Where the current period of a budget is heading, from what the ledger says was spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from budgets.core.forecast import ENOUGH_BOOKINGS, TRAILING_DAYS, Forecast, forecast
from budgets.core.periods import Calendar, Window
from budgets.core.zones import is_known_zone
from budgets.models import Budget, BudgetPeriod
from budgets.selectors.figures import PeriodFigures, figures_of
from ledger.days import ONE_DAY
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.envelope_history import count_spends, spent_between
from ledger.services.allowances import EnvelopeKind


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast and what it was made from, as of one moment."""

    as_of: datetime
    period: BudgetPeriod
    figures: PeriodFigures
    forecast: Forecast


def outlook_of(budget: Budget) -> Outlook | None:
    """The forecast of a budget's current period, by the spends of the last 28 days, also of those in the periods before
    it. Five queries.

    Returns:
        None: it has no current period, or its days cannot be told because its time zone is unknown.
    """
    if not is_known_zone(budget.zone):
        return None
    calendar, now = Calendar(budget.zone, budget.week_start, budget.month_day, budget.fiscal_month), database_now()
    today = calendar.day_of(now)
    days = [today - back * ONE_DAY for back in reversed(range(TRAILING_DAYS))]
    marks = [calendar.starts_at(day) for day in (*days, today + ONE_DAY)]
    recent = list(budget.periods.filter(starts_at__lte=now, ends_at__gt=marks[0]).order_by("starts_at"))
    period = next((period for period in recent if period.starts_at <= now < period.ends_at), None)
    if period is None:
        return None
    period.budget = budget
    figures = figures_of([period])[period.id]
    spent = spent_between(EnvelopeKind.BUDGET, [(one.id, budget.currency) for one in recent], marks)
    found = forecast(
        calendar=calendar,
        window=_window(calendar, period),
        now=now,
        allocated=figures.allocated,
        spent=figures.used,
        reserved=figures.reserved,
        daily_spends=zip(days, spent, strict=True),
        bookings=count_spends(EnvelopeKind.BUDGET, period.id, budget.currency, enough=ENOUGH_BOOKINGS),
        scale=get_asset(budget.currency).cash_scale,
    )
    return Outlook(now, period, figures, found)


def _window(calendar: Calendar, period: BudgetPeriod) -> Window:
    """The days of a period, which the budget's own dates may have cut short."""
    first_day, end_day = calendar.day_of(period.starts_at), calendar.day_of(period.ends_at)
    return Window(period.key, first_day, end_day, period.starts_at, period.ends_at)
