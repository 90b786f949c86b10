"""Setting budgets (R71, R83)."""

from __future__ import annotations

from uuid import UUID

from budgets.models import Budget
from budgets.services.specs import BudgetSpec
from ledger.services.movements import Origin


def create_budget(spec: BudgetSpec, *, origin: Origin, created_by: UUID | None, reason: str) -> Budget:
    """Set a budget, open its current period and announce both (`BudgetCreated`, `BudgetPeriodOpened`).

    May be called inside a transaction. Nothing before the current period is opened.

    Args:
        created_by: a user; None = the service itself.
        reason: kept in its history for ever; not empty.

    Raises:
        InvalidInput: a field makes no sense; `errors` points at it.
        BudgetOverlap: an active budget of the same kind is in the way.
        ParentExceeded: the parent is an ENVELOPE that has not so much to give.
    """
    raise NotImplementedError
