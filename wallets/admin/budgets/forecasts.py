"""Where a budget's current period is heading, in words."""

from __future__ import annotations

from django.utils.html import format_html

from budgets.core.forecast import TRAILING_DAYS, Forecast
from budgets.selectors.forecasts import Outlook
from ledger.admin.cells import EMPTY
from wallets.admin.budgets.bars import written


def forecast_words(outlook: Outlook | None) -> list[str]:
    """What becomes of the current period if things go on as they do; nothing without one."""
    if outlook is None:
        return []
    found = outlook.forecast
    if not found.enough_data:
        return ["Forecast: not enough data yet."]
    currency = outlook.period.budget.currency
    pace = f"at {written(found.daily_average, currency)} a day, as in the last {TRAILING_DAYS} days"
    first = f"Forecast: {written(found.projected, currency)} by the end of the period, {pace}."
    return [first, _when(found)]


def forecast_cell(outlook: Outlook | None) -> str:
    """The same in a cell of a list."""
    if outlook is None:
        return EMPTY
    found = outlook.forecast
    if not found.enough_data:
        return "not enough data"
    end = f"used up {found.exhausted_on:%-d %b %Y}" if found.exhausted_on else "lasts"
    projected = written(found.projected, outlook.period.budget.currency)
    return format_html('<span class="pace">{}</span><br><span class="pace">{}</span>', projected, end)


def _when(found: Forecast) -> str:
    ends = "What is allowed lasts until then."
    if found.exhausted_on is not None:
        ends = f"Nothing is left from {found.exhausted_on:%-d %B %Y} on."
    return ends if found.burn_index is None else f"{ends} Used {found.burn_index} times as fast as time goes."
