"""What periods allow, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.models import BudgetPeriod
from ledger.core.allowances import EnvelopeKind
from ledger.money import EXACT
from ledger.selectors.envelopes import envelope_figures


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
    by_id = {period.id: period for period in periods}
    envelopes = envelope_figures(list(by_id), EnvelopeKind.BUDGET)
    return {
        id: PeriodFigures(
            allocated=allocated_of(period),
            base=period.base,
            carry_in=period.carry_in,
            adjustments=period.adjustments,
            carried_out=period.carried_out,
            used=envelopes[id].spent,
            reserved=envelopes[id].reserved,
            remaining=envelopes[id].available,
        )
        for id, period in by_id.items()
    }


def allocated_of(period: BudgetPeriod) -> Decimal:
    """What a period allows in all: base + carry_in + adjustments."""
    return EXACT.add(EXACT.add(period.base, period.carry_in), period.adjustments)
