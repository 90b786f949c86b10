"""What periods allow, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.models import BudgetPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Of one period, in the budget's currency: allocated − carried_out = used + reserved + remaining.

    Attributes:
        allocated: base + carry_in + adjustments.
        used: captures and payments less refunds.
        remaining: may be negative.
    """

    allocated: Decimal
    base: Decimal
    carry_in: Decimal
    adjustments: Decimal
    carried_out: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal


def figures_of(periods: Iterable[BudgetPeriod], *, at: datetime | None = None) -> dict[UUID, PeriodFigures]:
    """The figures of periods by their id; one query.

    Args:
        at: a past instant: what was used, reserved and left then. The four others are those of now. None = now.
    """
    raise NotImplementedError
