"""Budgets as CSV (RFC 4180): none of its cells is taken for a formula (SECURITY.md). People are ids in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse

from budgets.models import Budget
from budgets.selectors.budgets import BudgetView, view_budgets
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from wallets.admin.budget_bars import elapsed_percent
from wallets.admin.budget_charts import DailyChart
from wallets.api.budget_views import used_percent
from wallets.api.statement_files.csv_form import safe_cell

COLUMNS = (
    *("budget_id", "name", "scope", "wallet_id", "user_id", "team_id", "period_type", "categories", "enforcement"),
    *("status", "start_date", "last_day", "currency", "amount"),
    *("period", "allowed", "spent", "reserved", "left", "used_percent", "elapsed_percent"),
)
_AT_ONCE = 500
_ONE_DAY = timedelta(days=1)


def budgets_file(budgets: Iterable[Budget]) -> HttpResponse:
    """The rows of the list, in its order, with the figures of their current periods."""
    shown, now = list(budgets), database_now()
    rows: list[Sequence[Any]] = [COLUMNS]
    for start in range(0, len(shown), _AT_ONCE):
        rows += [_row(view, now) for view in view_budgets(shown[start : start + _AT_ONCE])]
    return _file(rows, "budgets.csv")


def days_file(chart: DailyChart, name: str) -> HttpResponse:
    """What a chart of days shows."""
    rows = [(day.day.isoformat(), chart.currency, day.spent, day.total, day.even) for day in chart.days]
    return _file([("day", "currency", "spent", "spent_so_far", "even_so_far"), *rows], name)


def _row(view: BudgetView, now: datetime) -> tuple[Any, ...]:
    """Its name and categories are anybody's words; all other cells are our own, and signed amounts stay numbers."""
    budget = view.budget
    return (
        *(budget.id, safe_cell(budget.name), budget.scope, budget.wallet_id, budget.user_id, budget.team_id),
        *(budget.period_type, safe_cell(", ".join(budget.categories)), budget.enforcement, budget.status),
        *(budget.start_date, budget.end_date and budget.end_date - _ONE_DAY, budget.currency, _written(view.budget)),
        *_figures(view, now),
    )


def _written(budget: Budget) -> str:
    return format_amount(budget.amount, get_asset(budget.currency).cash_scale)


def _figures(view: BudgetView, now: datetime) -> tuple[Any, ...]:
    figures, period = view.figures, view.period
    if figures is None or period is None:
        return ("",) * 7
    scale = get_asset(view.budget.currency).cash_scale
    amounts = (figures.allocated, figures.used, figures.reserved, figures.remaining)
    written = (format_amount(amount, scale) for amount in amounts)
    return period.key, *written, used_percent(figures), elapsed_percent(period, now)


def _file(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    response = HttpResponse(
        content_type="text/csv; charset=utf-8; header=present", headers={"Content-Disposition": disposition}
    )
    csv.writer(response).writerows(rows)
    return response
