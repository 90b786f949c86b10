"""Changing budgets (R62, R72)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from budgets.models import Budget
from budgets.services.specs import BudgetChange
from ledger.services.movements import Origin


@dataclass(frozen=True, slots=True)
class Changed:
    """A budget after a change.

    Attributes:
        blocked_now: whether it refuses every spend now, because less is left than it has to keep.
        has_changed: whether anything was otherwise before.
    """

    budget: Budget
    blocked_now: bool
    has_changed: bool


def change_budget(
    budget_id: UUID,
    change: BudgetChange,
    *,
    origin: Origin,
    changed_by: UUID | None,
    reason: str,
    expected_version: int | None = None,
) -> Changed:
    """Change a budget, as one row of its history and one message `BudgetChanged`. Lowering below use is allowed.

    May be called inside a transaction. Nothing happens when everything is as asked for already.

    Args:
        changed_by: a user; None = the service itself.
        reason: kept in its history for ever; not empty.
        expected_version: the version that the caller has seen; None = any.

    Raises:
        InvalidInput: a field makes no sense; `errors` points at it.
        NotFound: there is no such budget.
        PreconditionFailed: it has changed since the caller saw it.
        BudgetEnded: it is EXPIRED.
        BudgetOverlap: another one is in the way now.
        ParentExceeded: the ENVELOPE above it has not so much to give, or it itself is one that gives more.
    """
    raise NotImplementedError


def adjust_period(
    budget_id: UUID,
    amount_delta: Decimal,
    *,
    origin: Origin,
    changed_by: UUID | None,
    reason: str,
    expected_version: int | None = None,
) -> Changed:
    """Give the current period more, or less, once (`adjustments`). Raises as `change_budget` does."""
    raise NotImplementedError
