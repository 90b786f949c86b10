"""What would have become of past spends with another rule: the steps of periods run through once more.

The rule is the machine's: a spend is refused when less is left above the floor than it takes, and a floor at LOWEST
refuses nothing. A spend that is refused here takes nothing, and what came back of it later does not come back. A spend
that was refused then and passes here takes all that it asked for, and keeps it, unless another gate refused it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.money import EXACT, LOWEST, ZERO


@dataclass(frozen=True, slots=True)
class Start:
    """What a period starts with, and how far what is left of it may fall."""

    amount: Decimal
    floor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotted:
    """A period is given more or less besides what it starts with; `amount` is signed."""

    period_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody asks for something.

    Attributes:
        amount: positive, in the budget's currency.
        was_refused: by this budget, then.
        is_refused_anyway: another gate refused it then; it takes nothing in any case.
    """

    period_id: UUID
    document_id: UUID
    at: datetime
    amount: Decimal
    was_refused: bool = False
    is_refused_anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Something comes back of what a document took, in this period or an earlier one; `amount` is positive."""

    period_id: UUID
    document_id: UUID
    amount: Decimal


Step = Allotted | Asked | Returned


@dataclass(frozen=True, slots=True)
class RefusedSpend:
    """A spend that does not pass. `left`: what was left above the floor, negative when less than nothing."""

    asked: Asked
    left: Decimal

    @property
    def shortfall(self) -> Decimal:
        return EXACT.subtract(self.asked.amount, self.left)


@dataclass(slots=True)
class PeriodOutcome:
    """What becomes of a period.

    Attributes:
        spends: how many asked; `was_refused` of them were refused then.
        refused: those that do not pass, in order; `refused_amount` is their sum.
        spent: what was taken, less what came back; what a hold keeps counts as taken.
        left: what it still allows, above or below the floor.
    """

    left: Decimal
    spends: int = 0
    was_refused: int = 0
    spent: Decimal = ZERO
    refused_amount: Decimal = ZERO
    refused: list[RefusedSpend] = field(default_factory=list)


def replay(starts: Mapping[UUID, Start], steps: Iterable[Step]) -> dict[UUID, PeriodOutcome]:
    """Run through the steps of periods.

    Args:
        starts: by the period's id.
        steps: of these periods only, in the order in which they were recorded, all periods together.

    Returns:
        The outcome of every period, in the order of `starts`.
    """
    outcomes = {id: PeriodOutcome(start.amount) for id, start in starts.items()}
    refused: set[UUID] = set()
    for step in steps:
        outcome = outcomes[step.period_id]
        match step:
            case Allotted():
                outcome.left = EXACT.add(outcome.left, step.amount)
            case Asked():
                if not _ask(outcome, step, starts[step.period_id].floor):
                    refused.add(step.document_id)
            case Returned():
                if step.document_id not in refused:
                    _take(outcome, -step.amount)
    return outcomes


def _ask(outcome: PeriodOutcome, asked: Asked, floor: Decimal) -> bool:
    """Whether it passes."""
    outcome.spends += 1
    outcome.was_refused += asked.was_refused
    left = EXACT.subtract(outcome.left, floor)
    if floor > LOWEST and left < asked.amount:
        outcome.refused.append(RefusedSpend(asked, left))
        outcome.refused_amount = EXACT.add(outcome.refused_amount, asked.amount)
        return False
    if not asked.is_refused_anyway:
        _take(outcome, asked.amount)
    return True


def _take(outcome: PeriodOutcome, amount: Decimal) -> None:
    outcome.left = EXACT.subtract(outcome.left, amount)
    outcome.spent = EXACT.add(outcome.spent, amount)
