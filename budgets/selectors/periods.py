"""Periods and the history of a budget."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet

from budgets.models import BudgetPeriod, BudgetRevision
from ledger.errors import NotFound

RULES_OF_CARRYING = ("rollover", "rollover_cap")


def periods_of(budget_id: UUID) -> QuerySet[BudgetPeriod]:
    """The periods of a budget, unordered: for pages to be cut from."""
    return BudgetPeriod.objects.filter(budget_id=budget_id).select_related("budget")


def get_period(budget_id: UUID, key: str) -> BudgetPeriod:
    """A period by its key.

    Raises:
        NotFound: the budget has none of that key.
    """
    period = periods_of(budget_id).filter(key=key).first()
    if period is None:
        raise NotFound
    return period


def revisions_of(budget_id: UUID) -> QuerySet[BudgetRevision]:
    """The history of a budget, unordered: for pages to be cut from (R62)."""
    return BudgetRevision.objects.filter(budget_id=budget_id)


def rule_of_carrying_since(budget_id: UUID) -> datetime | None:
    """When the rule by which a budget's periods carry over was changed last; None = never."""
    changed = revisions_of(budget_id).filter(changes__has_any_keys=RULES_OF_CARRYING)
    since: datetime | None = changed.aggregate(Max("created_at"))["created_at__max"]
    return since
