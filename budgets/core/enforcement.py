"""How far AVAILABLE of a budget's period may fall: the policy as the ledger understands it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from budgets.core.rounding import rounded_down
from ledger.money import EXACT, LOWEST, ZERO


class Enforcement(StrEnum):
    """The words are those of the models."""

    BLOCK = "BLOCK"
    WARN = "WARN"
    ALLOW = "ALLOW"


def floor_of(enforcement: str, buffer_amount: Decimal, buffer_percent: int, base: Decimal, scale: int) -> Decimal:
    """The lowest balance that a spend may leave in AVAILABLE.

    Args:
        enforcement: an `Enforcement`, or its value as models hold it.
        buffer_amount: by how much BLOCK may be exceeded.
        buffer_percent: the same as a share of `base`; a budget has at most one of the two.
        base: what the period started with, without what was carried in or adjusted.
        scale: decimals of the asset; the share is rounded down to it, so that the buffer is never more than it says.

    Returns:
        Zero or less: minus the buffer under BLOCK, `LOWEST` under WARN and ALLOW, which refuse nothing.
    """
    if Enforcement(enforcement) is not Enforcement.BLOCK:
        return LOWEST
    share = rounded_down(Fraction(base) * buffer_percent / 100, scale)
    return max(EXACT.subtract(ZERO, EXACT.add(buffer_amount, share)), LOWEST)
