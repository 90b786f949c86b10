"""Budgets as CSV (RFC 4180): none of its cells is taken for a formula (SECURITY.md). People are ids in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from budgets.models import Budget
from budgets.selectors.budgets import BudgetView, view_budgets
from ledger.admin.cells import Figure
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from wallets.admin.budgets.bars import elapsed_percent
from wallets.api.budget_views import used_percent

COLUMNS = (
    *("budget_id", "name", "scope", "wallet_id", "user_id", "team_id", "period_type", "categories", "enforcement"),
    *("status", "start_date", "last_day", "currency", "amount"),
    *("period", "allowed", "spent", "reserved", "left", "used_percent", "elapsed_percent"),
)
_ONE_DAY = timedelta(days=1)


def budget_lines(budgets: Sequence[Budget]) -> Iterator[Sequence[object]]:
    """Rows of the list, in its order, with the figures of their current periods."""
    now = database_now()
    for view in view_budgets(budgets):
        yield _row(view, now)


def _row(view: BudgetView, now: datetime) -> tuple[Any, ...]:
    """As `COLUMNS` says; a signed amount stays a number."""
    budget = view.budget
    last_day = budget.end_date - _ONE_DAY if budget.end_date else None
    return (
        *(budget.id, budget.name, budget.scope, budget.wallet_id, budget.user_id, budget.team_id),
        *(budget.period_type, ", ".join(budget.categories), budget.enforcement, budget.status),
        *(budget.start_date, last_day, budget.currency, _amount(budget)),
        *_figures(view, now),
    )


def _amount(budget: Budget) -> Figure:
    return Figure(format_amount(budget.amount, get_asset(budget.currency).cash_scale))


def _figures(view: BudgetView, now: datetime) -> tuple[Any, ...]:
    figures, period = view.figures, view.period
    if figures is None or period is None:
        return ("",) * 7
    scale = get_asset(view.budget.currency).cash_scale
    amounts = (figures.allocated, figures.used, figures.reserved, figures.remaining)
    written = (Figure(format_amount(amount, scale)) for amount in amounts)
    return period.key, *written, used_percent(figures), elapsed_percent(period, now)
