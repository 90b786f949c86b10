"""What a period that is over hands on to the next one."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from ledger.money import EXACT, ZERO


class Rollover(StrEnum):
    """The words are those of the models."""

    NONE = "NONE"
    SURPLUS = "SURPLUS"
    SURPLUS_AND_DEFICIT = "SURPLUS_AND_DEFICIT"


def to_carry(rule: str, cap: Decimal | None, *, available: Decimal, carried: Decimal) -> Decimal:
    """How much of AVAILABLE moves from the closing period to the next one now.

    What was left is `available` + `carried`, whenever one asks; the rule says how much of that is carried in all, and
    the answer is the part that is still missing. So asking again carries nothing, and after a late refund or spend the
    difference: with the same rule and cap, it does not matter in how many steps a period was closed.

    Args:
        rule: a `Rollover`, or its value as models hold it.
        cap: the most that is carried of a surplus, in all; None for no bound. A deficit is carried wholly.
        available: balance of the closing period's AVAILABLE; negative for a deficit.
        carried: what has gone over so far, as a net sum; negative for a deficit.

    Returns:
        The amount that leaves the closing period and enters the next: negative if the next one gives some.
    """
    assert cap is None or cap >= 0, "a cap bounds, it does not take"
    return EXACT.subtract(_carried_in_all(Rollover(rule), cap, EXACT.add(available, carried)), carried)


def _carried_in_all(rule: Rollover, cap: Decimal | None, left: Decimal) -> Decimal:
    match rule:
        case Rollover.NONE:
            return ZERO
        case Rollover.SURPLUS if left < 0:
            return ZERO
        case _:
            return left if cap is None else min(left, cap)
