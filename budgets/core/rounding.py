"""From exact fractions to amounts of an asset. Everything before this last step is exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from ledger.money import EXACT


def rounded_down(value: Fraction, scale: int) -> Decimal:
    """The greatest amount with `scale` decimals that is not above `value`."""
    return Decimal(floor(value * 10**scale)).scaleb(-scale, EXACT)
