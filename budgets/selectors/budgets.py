"""Budgets with their current period and its figures, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from budgets.models import Budget, BudgetPeriod
from budgets.selectors.figures import PeriodFigures


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget as somebody reads it. `period` is the one that the present lies in; it and its figures are None when
    the budget has not begun, has ended, or rests."""

    budget: Budget
    period: BudgetPeriod | None
    figures: PeriodFigures | None


def find_budgets(
    *,
    company_id: UUID | None = None,
    scope: str | None = None,
    wallet_ids: Iterable[UUID] | None = None,
    team_ids: Iterable[UUID] | None = None,
    user_ids: Iterable[UUID] | None = None,
    period_type: str | None = None,
    status: str | None = None,
) -> QuerySet[Budget]:
    """Budgets that fit all that is given, unordered: for pages to be cut from. None = any."""
    raise NotImplementedError


def view_budgets(budgets: Iterable[Budget]) -> list[BudgetView]:
    """Budgets with their current period and figures, in the order given; two queries."""
    raise NotImplementedError


def get_budget(budget_id: UUID) -> Budget:
    """A budget by its id.

    Raises:
        NotFound: there is none.
    """
    raise NotImplementedError
