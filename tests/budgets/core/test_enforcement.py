"""How far AVAILABLE may fall."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budgets.core.enforcement import Enforcement, floor_of
from budgets.models import vocabulary
from ledger.money import LOWEST
from ledger.services import allowances


def test_the_words_are_those_of_the_models() -> None:
    assert [*Enforcement] == vocabulary.Enforcement.values


@pytest.mark.parametrize(
    ("enforcement", "amount", "percent", "base", "scale", "floor"),
    [
        ("BLOCK", "0", 0, "600", 2, "0"),
        ("BLOCK", "50.00", 0, "600", 2, "-50.00"),
        ("BLOCK", "0", 10, "600", 2, "-60.00"),
        ("BLOCK", "0", 100, "600", 2, "-600.00"),
        ("BLOCK", "0", 5, "329.03", 2, "-16.45"),
        ("BLOCK", "0", 5, "329.03", 8, "-16.4515"),
        ("BLOCK", "0", 33, "100", 0, "-33"),
        ("BLOCK", "0", 33, "101", 0, "-33"),
        ("BLOCK", "0", 100, "99999999999999999999.999999999999999999", 18, "-99999999999999999999"),
        ("WARN", "50.00", 0, "600", 2, "-99999999999999999999"),
        ("ALLOW", "0", 10, "600", 2, "-99999999999999999999"),
    ],
)
def test_the_floor_is_the_policy(
    enforcement: str, amount: str, percent: int, base: str, scale: int, floor: str
) -> None:
    assert floor_of(enforcement, Decimal(amount), percent, Decimal(base), scale) == Decimal(floor)


def test_no_buffer_is_a_plain_zero() -> None:
    assert str(floor_of("BLOCK", Decimal(0), 0, Decimal(600), 2)) == "0.00"


def test_the_lowest_floor_is_the_one_that_the_ledger_takes_for_none() -> None:
    assert LOWEST == allowances.LOWEST == 1 - 10**20
