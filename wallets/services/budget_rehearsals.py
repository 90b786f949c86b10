"""What would become of a budget if it was changed: done the same way as a real change, then undone."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.transaction import atomic, set_rollback

from budgets.models import Budget
from budgets.selectors.budgets import BudgetView, view_budgets
from budgets.services.specs import BudgetChange
from compliance.core.origin import Origin
from compliance.models import Caller
from wallets.services.budgets import alter_budget


@dataclass(frozen=True, slots=True)
class RehearsedChange:
    """A budget and its current period before and after a change, and whether it would then refuse every spend."""

    before: BudgetView
    after: BudgetView
    blocked_now: bool


def rehearse_change(
    *, caller: Caller, budget: Budget, change: BudgetChange, reason: str, origin: Origin
) -> RehearsedChange:
    """Change a budget that the caller sees, look at it, and leave no trace of it.

    Raises: as `alter_budget`.
    """
    (before,) = view_budgets([budget])
    with atomic():
        changed = alter_budget(
            caller=caller, budget=budget, change=change, reason=reason, expected_version=None, origin=origin
        )
        (after,) = view_budgets([changed.budget])
        set_rollback(True)
    return RehearsedChange(before, after, changed.blocked_now)
