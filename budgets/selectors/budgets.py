"""Budgets with their current period and its figures, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from budgets.models import Budget, BudgetPeriod
from budgets.selectors.figures import PeriodFigures, figures_of
from ledger.errors import NotFound
from ledger.selectors.clock import DatabaseClock


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget as somebody reads it. `period` is the one that the present lies in; it and its figures are None when
    the budget has not begun, has ended, or rests for longer than a period."""

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
    exact = {"company_id": company_id, "scope": scope, "period_type": period_type, "status": status}
    among = {"wallet_id__in": wallet_ids, "team_id__in": team_ids, "user_id__in": user_ids}
    wanted: dict[str, object] = {name: value for name, value in exact.items() if value is not None}
    wanted |= {name: list(values) for name, values in among.items() if values is not None}
    return Budget.objects.filter(**wanted)


def view_budgets(budgets: Iterable[Budget]) -> list[BudgetView]:
    """Budgets with their current period and figures, in the order given; two queries."""
    listed = list(budgets)
    current = BudgetPeriod.objects.filter(
        budget_id__in=[budget.id for budget in listed], starts_at__lte=DatabaseClock(), ends_at__gt=DatabaseClock()
    )
    periods = {period.budget_id: period for period in current}
    for budget in listed:
        if budget.id in periods:
            periods[budget.id].budget = budget
    figures = figures_of(periods.values())
    return [_view(budget, periods.get(budget.id), figures) for budget in listed]


def view_periods(period_ids: Iterable[UUID]) -> list[BudgetView]:
    """These periods with their budgets and figures, in the order given; two queries."""
    listed = list(period_ids)
    found = BudgetPeriod.objects.select_related("budget").in_bulk(listed)
    figures = figures_of(found.values())
    return [BudgetView(found[id].budget, found[id], figures[id]) for id in listed]


def get_budget(budget_id: UUID) -> Budget:
    """A budget by its id.

    Raises:
        NotFound: there is none.
    """
    budget = Budget.objects.filter(id=budget_id).first()
    if budget is None:
        raise NotFound
    return budget


def names_of(budget_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What budgets are called, by their ids."""
    return dict(Budget.objects.filter(id__in=set(budget_ids)).values_list("id", "name"))


def budget_in_the_way(budget: Budget) -> UUID | None:
    """The active budget whose dates overlap with those of one of the same kind; what `budget_no_overlap` excludes."""
    same = Budget.objects.filter(
        company_id=budget.company_id,
        team_id=budget.team_id,
        wallet_id=budget.wallet_id,
        period_type=budget.period_type,
        currency=budget.currency,
        status="ACTIVE",
    ).exclude(id=budget.id)
    for other in same.order_by("created_at", "id"):
        starts_before_end = budget.end_date is None or other.start_date < budget.end_date
        ends_after_start = other.end_date is None or budget.start_date < other.end_date
        if set(other.categories) == set(budget.categories) and starts_before_end and ends_after_start:
            return other.id
    return None


def _view(budget: Budget, period: BudgetPeriod | None, figures: dict[UUID, PeriodFigures]) -> BudgetView:
    return BudgetView(budget, period, figures[period.id] if period else None)
