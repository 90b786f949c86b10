"""Exact money: reading, holding, writing. The whole corpus of odd amounts is tested at the edge, field by field."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MoneyInvalid, MoneyScaleExceeded
from ledger.money import EXACT, MAX_SCALE, format_amount, parse_amount, plain, require_scale

LARGEST = Decimal("99999999999999999999.999999999999999999")
AMOUNTS = st.decimals(min_value=0, max_value=LARGEST, places=MAX_SCALE).filter(bool)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", "1"),
        ("12.50", "12.5"),
        ("007", "7"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
    ],
)
def test_an_amount_is_read(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "0", "0.00", "-1", "+1", "1.", ".5", "1e3", "1E+2", "1_000", "1,5", " 5", "5 ", "5\n", "0x1", "NaN",
        "Infinity", "١٢", "１２.５", "³", "100000000000000000000", "0.0000000000000000001", "9" * 4301, "1.2.3", "--1",
        1, 1.5, True, None, [], {}, Decimal(1), b"1",
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(MoneyInvalid):
        parse_amount(text)


@pytest.mark.parametrize("text", ["0", "0.00", "0.000000000000000000"])
def test_zero_is_an_amount_only_where_it_may_be(text: str) -> None:
    assert parse_amount(text, zero_allowed=True) == 0


@pytest.mark.parametrize(
    ("amount", "scale", "fits"),
    [
        ("1.2345", 4, True),
        ("1.23450000", 4, True),
        ("1.23451", 4, False),
        ("100", 0, True),
        ("1000000", 0, True),
        ("0.1", 0, False),
        ("0.000000000000000001", 18, True),
        ("0", 0, True),
    ],
)
def test_an_amount_is_as_fine_as_its_asset_at_most(amount: str, scale: int, fits: bool) -> None:
    if fits:
        require_scale(Decimal(amount), scale, "EUR")
    else:
        with pytest.raises(MoneyScaleExceeded):
            require_scale(Decimal(amount), scale, "EUR")


@pytest.mark.parametrize(
    ("amount", "scale", "text"),
    [
        ("12.5", 2, "12.50"),
        ("12.5000", 2, "12.50"),
        ("12.3456", 2, "12.3456"),
        ("0", 2, "0.00"),
        ("-0.5", 2, "-0.50"),
        ("1E+3", 2, "1000.00"),
        ("1E+3", 0, "1000"),
        ("99999999999999999999.999999999999999999", 18, "99999999999999999999.999999999999999999"),
        ("1e-18", 2, "0.000000000000000001"),
    ],
)
def test_an_amount_is_written_for_people(amount: str, scale: int, text: str) -> None:
    assert format_amount(Decimal(amount), scale) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("100.50", "100.5"), ("100", "100"), ("1E+3", "1000"), ("0.00", "0"), ("-1e-18", "-0.000000000000000001")],
)
def test_an_amount_is_written_for_machines(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text


@given(AMOUNTS)
def test_what_is_written_is_read_as_the_same(amount: Decimal) -> None:
    assert parse_amount(plain(amount)) == amount
    assert parse_amount(format_amount(amount, 2)) == amount


@given(AMOUNTS, AMOUNTS)
def test_sums_of_amounts_are_exact(one: Decimal, other: Decimal) -> None:
    with localcontext(EXACT):
        assert (one + other) - other == one


def test_a_result_that_would_have_to_be_rounded_is_an_error() -> None:
    with localcontext(EXACT), pytest.raises(Inexact):
        Decimal(1) / Decimal(3)
