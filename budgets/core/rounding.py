"""From exact fractions to decimals. It is the last step: everything before it is exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from ledger.money import EXACT


def rounded_down(value: Fraction, scale: int) -> Decimal:
    """The greatest decimal with `scale` digits after the point that is not above `value`."""
    return Decimal(floor(value * 10**scale)).scaleb(-scale, EXACT)


def rounded(value: Fraction, scale: int) -> Decimal:
    """The nearest decimal with `scale` digits after the point; of two the even one."""
    return Decimal(round(value * 10**scale)).scaleb(-scale, EXACT)
