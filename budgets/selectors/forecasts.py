"""Where the current periods of budgets are heading, from what the ledger says was spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from budgets.core.forecast import ENOUGH_BOOKINGS, TRAILING_DAYS, Forecast, forecast
from budgets.core.periods import Calendar, Window
from budgets.core.zones import is_known_zone
from budgets.models import Budget, BudgetPeriod
from budgets.selectors.budgets import BudgetView, view_budgets
from budgets.selectors.figures import PeriodFigures, figures_of
from ledger.days import ONE_DAY
from ledger.money import EXACT, ZERO
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.envelope_history import count_spends, spent_since
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
    return outlooks_of([budget], database_now()).get(budget.id)


def views_with_outlooks(budgets: Iterable[Budget], now: datetime) -> list[tuple[BudgetView, Outlook | None]]:
    """`view_budgets` and `outlooks_of` in one, in the order given: an outlook knows the period and its figures already.
    Four queries, four more for each further time zone, and two more if some budgets have no outlook."""
    listed = list(budgets)
    outlooks = outlooks_of(listed, now)
    rest = {view.budget.id: view for view in view_budgets(one for one in listed if one.id not in outlooks)}
    return [
        (BudgetView(one, outlooks[one.id].period, outlooks[one.id].figures), outlooks[one.id])
        if one.id in outlooks
        else (rest[one.id], None)
        for one in listed
    ]


def outlooks_of(budgets: Iterable[Budget], now: datetime) -> dict[UUID, Outlook]:
    """`outlook_of` of many, by the budget's id. Four queries, and four more for each further time zone among them."""
    by_zone: dict[str, list[Budget]] = {}
    for budget in budgets:
        if is_known_zone(budget.zone):
            by_zone.setdefault(budget.zone, []).append(budget)
    return {id: outlook for group in by_zone.values() for id, outlook in _outlooks(group, now).items()}


def _outlooks(budgets: Sequence[Budget], now: datetime) -> dict[UUID, Outlook]:
    """Of budgets of one time zone."""
    by_id, zone = {budget.id: budget for budget in budgets}, Calendar(budgets[0].zone)
    today = zone.day_of(now)
    since = zone.starts_at(today - (TRAILING_DAYS - 1) * ONE_DAY)
    recent = list(BudgetPeriod.objects.filter(budget_id__in=by_id, starts_at__lte=now, ends_at__gt=since))
    for period in recent:
        period.budget = by_id[period.budget_id]
    current = [period for period in recent if now < period.ends_at]
    figures = figures_of(current)
    spent = spent_since(EnvelopeKind.BUDGET, _envelopes(recent), since)
    bookings = count_spends(EnvelopeKind.BUDGET, _envelopes(current), enough=ENOUGH_BOOKINGS)
    trailing = dict.fromkeys(by_id, ZERO)
    for period in recent:
        trailing[period.budget_id] = EXACT.add(trailing[period.budget_id], spent.get(period.id, ZERO))
    return {
        period.budget_id: _outlook(
            period, figures[period.id], (today, trailing[period.budget_id]), bookings[period.id], now
        )
        for period in current
    }


def _outlook(
    period: BudgetPeriod, figures: PeriodFigures, trailing: tuple[date, Decimal], bookings: int, now: datetime
) -> Outlook:
    """`trailing`: what was spent in the last days, told as of the last of them: of them only the sum counts."""
    budget = period.budget
    calendar = Calendar(budget.zone, budget.week_start, budget.month_day, budget.fiscal_month)
    found = forecast(
        calendar=calendar,
        window=_window(calendar, period),
        now=now,
        allocated=figures.allocated,
        spent=figures.used,
        reserved=figures.reserved,
        daily_spends=[trailing],
        bookings=bookings,
        scale=get_asset(budget.currency).cash_scale,
    )
    return Outlook(now, period, figures, found)


def _envelopes(periods: Iterable[BudgetPeriod]) -> list[tuple[UUID, str]]:
    return [(period.id, period.budget.currency) for period in periods]


def _window(calendar: Calendar, period: BudgetPeriod) -> Window:
    """The days of a period, which the budget's own dates may have cut short."""
    first_day, end_day = calendar.day_of(period.starts_at), calendar.day_of(period.ends_at)
    return Window(period.key, first_day, end_day, period.starts_at, period.ends_at)
