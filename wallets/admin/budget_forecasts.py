"""Where a budget's current period is heading, in words."""

from __future__ import annotations

from budgets.core.forecast import TRAILING_DAYS, Forecast
from budgets.models import Budget
from budgets.selectors.forecasts import outlook_of
from ledger.selectors.assets import get_asset
from wallets.admin.budget_bars import signed


def forecast_words(budget: Budget) -> list[str]:
    """What becomes of the current period if things go on as they do; nothing without one."""
    outlook = outlook_of(budget)
    if outlook is None:
        return []
    found = outlook.forecast
    if not found.enough_data:
        return ["Forecast: not enough data yet."]
    scale = get_asset(budget.currency).cash_scale
    average, projected = signed(found.daily_average, scale), signed(found.projected, scale)
    pace = f"at {average} a day, as in the last {TRAILING_DAYS} days"
    first = f"Forecast: {projected} {budget.currency} by the end of the period, {pace}."
    return [first, _when(found)]


def _when(found: Forecast) -> str:
    ends = "What is allowed lasts until then."
    if found.exhausted_on is not None:
        ends = f"Nothing is left from {found.exhausted_on:%-d %B %Y} on."
    return ends if found.burn_index is None else f"{ends} Used {found.burn_index} times as fast as time goes."
