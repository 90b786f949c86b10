"""Moving what is left of one budget to another."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from budgets.models import Budget
from ledger.services.movements import Origin


def transfer_budget(
    from_id: UUID, to_id: UUID, amount: Decimal, *, origin: Origin, changed_by: UUID | None, reason: str
) -> tuple[Budget, Budget]:
    """Move an allowance from the current period of one budget to that of another, of one company and currency.

    May be called inside a transaction. What is left of the giver may not fall below zero by it, whatever its
    enforcement and buffer: nobody gives what is not there.

    Args:
        amount: positive, in their currency.

    Returns:
        The giver and the receiver.

    Raises:
        InvalidInput: not two budgets of one company and currency, or one of them is not ACTIVE now.
        NotFound: there is no such budget.
        BudgetTooSmall: `budget.exceeded`.
    """
    raise NotImplementedError
