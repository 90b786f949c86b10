"""Which budgets and limits a caller may see, and finding them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from budgets.models import Budget, BudgetPeriod, Limit
from budgets.models.vocabulary import BudgetStatus, LimitStatus
from compliance.models import Caller
from compliance.selectors.scope import looks_after_team, sees_whole_company, users_visible_to
from ledger.errors import NotFound
from ledger.selectors.clock import DatabaseClock
from ledger.selectors.envelopes import spent_of_budget

FILTERS = ("scope", "wallet_id", "team_id", "user_id", "period_type", "status")


def budgets_visible_to(caller: Caller) -> QuerySet[Budget]:
    """The budgets of the wallets whose people the caller may see; a manager also sees those of the teams
    that he looks after, and who sees the whole company all of it."""
    budgets = Budget.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller):
        return budgets
    visible = Q(user_id__in=users_visible_to(caller).values("id"))
    if caller.role == "MANAGER":
        visible |= looks_after_team(caller, "team_id")
    return budgets.filter(visible)


def budgets_for(caller: Caller, team_id: UUID | None) -> QuerySet[Budget]:
    """Of the visible budgets those of a team and of its people's wallets; without a team, all."""
    budgets = budgets_visible_to(caller)
    if team_id is None:
        return budgets
    people = users_visible_to(caller).filter(team_id=team_id)
    return budgets.filter(Q(team_id=team_id) | Q(user_id__in=people.values("id")))


def find_visible_budgets(
    caller: Caller, filters: Mapping[str, Any], *, over_pct: int | None = None
) -> QuerySet[Budget]:
    """The visible budgets that match every filter given (`FILTERS`), unordered: for pages to be cut from.

    Args:
        over_pct: only those of which at least so many percent of what the current period allows were used.
    """
    budgets = budgets_visible_to(caller).filter(**{name: filters[name] for name in FILTERS if name in filters})
    return budgets if over_pct is None else budgets.filter(Exists(_reached(over_pct)))


def _reached(percent: int) -> QuerySet[BudgetPeriod]:
    """The current periods of the outer query's budgets whose use has reached a share, as thresholds do."""
    allocated = F("base") + F("carry_in") + F("adjustments")
    current = BudgetPeriod.objects.filter(
        budget_id=OuterRef("id"), starts_at__lte=DatabaseClock(), ends_at__gt=DatabaseClock()
    )
    return current.annotate(spent=spent_of_budget("id")).filter(spent__gt=0, spent__gte=allocated * percent / 100)


def get_visible_budget(caller: Caller, budget_id: UUID) -> Budget:
    """One budget within the caller's scope.

    Raises:
        NotFound: no such budget, or none that the caller may see.
    """
    budget = budgets_visible_to(caller).filter(id=budget_id).first()
    if budget is None:
        raise NotFound
    return budget


def get_budgets_by_any_id(caller: Caller, id: UUID) -> Budget | list[Budget]:
    """The seeds' look-up (R70): a budget's id finds that budget, a user's id the active ones of the user's wallets,
    oldest first.

    Raises:
        NotFound: neither, or none that the caller may see.
    """
    found = list(budgets_visible_to(caller).filter(Q(id=id) | Q(user_id=id, status=BudgetStatus.ACTIVE)))
    if len(found) == 1 and found[0].id == id:
        return found[0]
    if not found:
        require_visible_user(caller, id)
    return sorted(found, key=lambda budget: (budget.created_at, budget.id))


def active_budgets_of(caller: Caller, user_id: UUID) -> list[Budget]:
    """The active budgets of a user's wallets, oldest first.

    Raises:
        NotFound: no such user, or none that the caller may see.
    """
    require_visible_user(caller, user_id)
    found = budgets_visible_to(caller).filter(user_id=user_id, status=BudgetStatus.ACTIVE)
    return list(found.order_by("created_at", "id"))


def require_visible_user(caller: Caller, user_id: UUID) -> None:
    """Raises NotFound when there is no such user, or none that the caller may see."""
    if not users_visible_to(caller).filter(id=user_id).exists():
        raise NotFound


def limits_visible_to(caller: Caller) -> QuerySet[Limit]:
    """The limits of the people whom the caller may see, ended ones too."""
    return Limit.objects.filter(company_id=caller.company_id, user_id__in=users_visible_to(caller).values("id"))


def find_visible_limits(caller: Caller, filters: Mapping[str, Any]) -> QuerySet[Limit]:
    """The visible limits that bind, of a user and a wallet if they are named."""
    return limits_visible_to(caller).filter(**filters, status=LimitStatus.ACTIVE)


def get_visible_limit(caller: Caller, limit_id: UUID) -> Limit:
    """One limit within the caller's scope.

    Raises:
        NotFound: no such limit, or none that the caller may see.
    """
    limit = limits_visible_to(caller).filter(id=limit_id).first()
    if limit is None:
        raise NotFound
    return limit
