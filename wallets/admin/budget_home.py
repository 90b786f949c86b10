"""What the home page shows of budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from budgets.models import Budget
from budgets.selectors.budgets import view_budgets
from ledger.selectors.clock import database_now
from wallets.admin.budget_bars import budget_bar, pace
from wallets.admin.budget_owners import owners_of
from wallets.admin.budget_pages import budget_link


def near_rows(request: HttpRequest, budget_ids: Sequence[UUID]) -> list[list[Any]]:
    """The budgets of these ids, which the caller sees, in their order: name, of whom, bar, use and time."""
    known = Budget.objects.in_bulk(budget_ids)
    budgets = [known[id] for id in budget_ids]
    owners, now = owners_of(request, budgets), database_now()
    return [
        [budget_link(view.budget), owners.cell(view.budget), budget_bar(view, now), pace(view, now)]
        for view in view_budgets(budgets)
    ]
