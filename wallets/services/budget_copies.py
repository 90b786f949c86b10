"""Letting the next period be like this one."""

from __future__ import annotations

from dataclasses import replace

from budgets.core.periods import Calendar
from budgets.models import Budget
from budgets.models.vocabulary import (
    ChildrenMode,
    Effective,
    Enforcement,
    PeriodType,
    RefundsTo,
    Rollover,
    Scope,
)
from budgets.selectors.budgets import view_budgets
from budgets.services.specs import BudgetChange, BudgetSpec
from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.money import EXACT
from wallets.services.budgets import require_may_set, set_budget


def change_to_copy(budget: Budget) -> BudgetChange | None:
    """What lets each period from the next one on start with what the present one allows; None without a present period
    that allows something. A CUSTOM budget has one period: see `follow_budget`."""
    (view,) = view_budgets([budget])
    if view.period is None:
        return None
    amount = EXACT.add(view.period.base, view.period.adjustments)  # not what others left to it
    return BudgetChange(amount=amount, effective=Effective.NEXT_PERIOD) if amount > 0 else None


def follow_budget(*, caller: Caller, budget: Budget, reason: str, origin: Origin) -> Budget:
    """Let a new budget like a CUSTOM one follow it, as many days long, from the day after its last.

    Raises:
        Forbidden: it is not this caller's to set.
        InvalidInput, BudgetOverlap, ParentExceeded: as `set_budget`.
    """
    require_may_set(caller, budget.user_id)
    return set_budget(caller=caller, spec=_following(budget), reason=reason, origin=origin)


def _following(budget: Budget) -> BudgetSpec:
    assert budget.end_date is not None, "a CUSTOM budget ends"
    spec = BudgetSpec(
        company_id=budget.company_id,
        scope=Scope(budget.scope),
        team_id=budget.team_id,
        wallet_id=budget.wallet_id,
        user_id=budget.user_id,
        parent_id=budget.parent_id,
        children_mode=ChildrenMode(budget.children_mode),
        name=budget.name,
        currency=budget.currency,
        amount=budget.amount,
        period_type=PeriodType.CUSTOM,
        start_date=budget.end_date,
        end_date=budget.end_date + (budget.end_date - budget.start_date),
        calendar=Calendar(budget.zone, budget.week_start, budget.month_day, budget.fiscal_month),
        categories=tuple(budget.categories),
    )
    return replace(
        spec,
        enforcement=Enforcement(budget.enforcement),
        buffer_amount=budget.buffer_amount,
        buffer_percent=budget.buffer_percent,
        thresholds=tuple(budget.thresholds),
        rollover=Rollover(budget.rollover),
        rollover_cap=budget.rollover_cap,
        refunds_to=RefundsTo(budget.refunds_to),
        grace_days=budget.grace_days,
    )
