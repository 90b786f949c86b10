"""What the model says to a wish, and which of several reasons it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

ORDER = (
    *("transfer.same_wallet", "reservation.not_open", "reservation.expired", "transaction.not_reversible"),
    *("reservation.capture_exceeds", "refund.exceeds_original"),
    *("wallet.closed", "wallet.frozen", "wallet.suspended", "currency.mismatch", "funds.insufficient"),
    *("budget.exceeded", "limit.exceeded", "precondition.failed"),
)
"""Of several reasons the first is the answer's code."""


@dataclass(frozen=True, slots=True)
class Done:
    """It was done. Every figure that it changed, by wallet."""

    changed: dict[UUID, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell from here: the wish is about something that this model has never seen."""

    why: str


Verdict = Done | Refused | Unknown


def answer(codes: list[str]) -> Verdict:
    """Yes, unless something stands in the way."""
    return refused(*codes) if codes else Done()


def refused(*codes: str) -> Refused:
    """No, with the code that comes first; a code that has no place in the order is as good as any."""
    return Refused(frozenset({min(codes, key=ORDER.index)} if set(codes) <= set(ORDER) else codes))
