"""What the home page shows of budgets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from budgets.selectors.budgets import BudgetView
from wallets.admin.budgets.bars import budget_bar, pace
from wallets.admin.budgets.pages import budget_link
from wallets.admin.owners import Owners


def near_rows(views: Iterable[BudgetView], owners: Owners, now: datetime) -> list[list[Any]]:
    """Name, of whom, bar, use and time."""
    return [
        [budget_link(view.budget), owners.cell(view.budget), budget_bar(view, now), pace(view, now)] for view in views
    ]
