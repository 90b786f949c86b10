"""Exact money: how an amount is read, held and written.

An amount is a `Decimal` with at most 20 digits before and 18 after the point, which is what NUMERIC(38,18)
holds. All arithmetic runs under `EXACT`, a context that raises instead of rounding, because Python's default
context keeps 28 digits and drops the rest in silence (C3).
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from ledger.errors import MoneyInvalid, MoneyScaleExceeded

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
ZERO = Decimal(0)
MAX_SCALE = 18
LIMIT = Decimal(10) ** 20
"""No amount and no balance reaches this, in either direction."""

LOWEST = EXACT.subtract(Decimal(1), LIMIT)
"""The floor of an account that may fall as low as figures go."""

_AMOUNT = re.compile(r"\d{1,20}(\.\d{1,18})?", re.ASCII)


def parse_amount(text: object, *, zero_allowed: bool = False) -> Decimal:
    """Read an amount as the interface defines it: an ASCII decimal string, unsigned, no exponent.

    Args:
        text: what the client sent, of any JSON type.
        zero_allowed: whether "0" is an amount here (an opening balance may be zero, a transfer may not).

    Returns:
        The exact value.

    Raises:
        MoneyInvalid: wrong type, wrong form, negative, or zero where zero is not allowed.
    """
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise MoneyInvalid('An amount is a string of digits such as "12.50": no sign, no exponent, no spaces.')
    amount = Decimal(text)
    if not amount and not zero_allowed:
        raise MoneyInvalid("An amount must be greater than zero.")
    return amount


def require_scale(amount: Decimal, scale: int, asset: str) -> None:
    """Refuse an amount that is finer than its asset; nothing is ever rounded to fit. Trailing zeros are fine.

    Raises:
        MoneyScaleExceeded: the amount has more significant decimals than `scale`.
    """
    exponent = amount.normalize(EXACT).as_tuple().exponent
    if isinstance(exponent, int) and -exponent > scale:
        raise MoneyScaleExceeded(f"{asset} has {scale} decimals; this amount is finer.")


def format_amount(amount: Decimal, scale: int) -> str:
    """Write an amount for people and clients: exactly `scale` decimals, more if the value needs them, no exponent.

    >>> format_amount(Decimal("12.5000"), 2)
    '12.50'
    """
    value = amount.normalize(EXACT)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a stored amount is finite"
    return f"{value:.{max(scale, -exponent)}f}"


def plain(amount: Decimal) -> str:
    """Write an amount for machines: shortest exact form, no exponent, no trailing zeros (100.50 -> "100.5")."""
    return f"{amount.normalize(EXACT):f}"
