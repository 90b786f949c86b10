"""Periods and the history of a budget."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from budgets.models import BudgetPeriod, BudgetRevision


def periods_of(budget_id: UUID) -> QuerySet[BudgetPeriod]:
    """The periods of a budget, unordered: for pages to be cut from."""
    raise NotImplementedError


def get_period(budget_id: UUID, key: str) -> BudgetPeriod:
    """A period by its key.

    Raises:
        NotFound: the budget has none of that key.
    """
    raise NotImplementedError


def revisions_of(budget_id: UUID) -> QuerySet[BudgetRevision]:
    """The history of a budget, unordered: for pages to be cut from (R62)."""
    raise NotImplementedError
