"""Row 32 of the fault matrix on MoneyField, and what the other fields take."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from ledger.api import fields
from ledger.api.metadata import MetadataField
from ledger.api.parsing import JSONNumber
from ledger.selectors.assets import WALLET_CURRENCIES

NOT_AMOUNTS: list[Any] = [
    *("NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e9", "1E+2", "1_000", "1,000", "１２.５", "٣", "௧"),
    *(" 5", "5 ", " 5 ", "+5", "-5", "-0", "0", "0.00", "", ".5", "5.", "1.2.3", "0x10", "1/2", "٫5", "5\n", "\u200b5"),
    *("9" * 21, "1." + "0" * 19, "1" + "0" * 4000, "EUR 5", "5 EUR", "true", "null", "½"),
    *(True, False, 0, 1, -1, 2**63, [], ["5"], {}, {"amount": "5"}, JSONNumber("1.1"), JSONNumber("1e9"), 1.5),
]


@pytest.mark.parametrize("value", NOT_AMOUNTS, ids=repr)
def test_money_refuses_what_is_no_amount(value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        fields.MoneyField().run_validation(value)
    assert refusal.value.get_codes() == ["money.invalid"]


@pytest.mark.parametrize("value", ["1", "0.01", "007.50", "9" * 20, "0." + "0" * 17 + "1", "1.000000000000000000"])
def test_money_is_exact(value: str) -> None:
    amount = fields.MoneyField().run_validation(value)
    assert isinstance(amount, Decimal)
    assert amount == Decimal(value)


def test_zero_is_an_amount_only_where_it_may_be() -> None:
    assert fields.MoneyField(zero_allowed=True).run_validation("0") == 0
    with pytest.raises(ValidationError):
        fields.MoneyField(zero_allowed=True).run_validation("-0")


def test_no_amount_at_all_is_a_mistake_of_shape() -> None:
    with pytest.raises(ValidationError) as refusal:
        fields.MoneyField().run_validation(None)
    assert refusal.value.get_codes() == ["null"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (fields.CurrencyField(), "XXX", "currency.unsupported"),
        (fields.CurrencyField(), "eur", "currency.unsupported"),
        (fields.CurrencyField(), "", "currency.unsupported"),
        (fields.CurrencyField(), "X" * 1_000_000, "currency.unsupported"),
        (fields.CurrencyField(among=WALLET_CURRENCIES), "BTC", "currency.unsupported"),
        (fields.CurrencyField(), 978, "request.validation"),
        (fields.CurrencyField(), ["EUR"], "request.validation"),
    ],
)
def test_a_currency_is_the_code_of_an_asset(field: fields.CurrencyField, value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.run_validation(value)
    assert refusal.value.get_codes() == [code]


ID = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001"
INEXACT = ("0.1234567890123456", "1.5e3", "1e999", "0e99999999999999999999", "9" * 4301)
REFUSED: list[tuple[fields.StrictField, list[Any]]] = [
    (fields.IdField(), [f"urn:uuid:{ID}", f"{{{ID}}}", ID.replace("-", ""), "", 1, None, [ID], "x"]),
    (fields.FlagField(), ["true", "yes", "on", 1, 0, None, [], {}, JSONNumber("1.0")]),
    (fields.WholeNumberField(min_value=1, max_value=9), [0, 10, True, "1", None, [], JSONNumber("1.0")]),
    (fields.TextField(max_length=3), ["", "abcd", 1, True, None, [], {}, JSONNumber("1")]),
    (fields.TextField(max_length=99), ["a\nb", "a\r", "\x1b[31m", "\x7f", "\x85", "\t", "pay 4111 1111 1111 1111"]),
    (fields.WordField(("A", "B")), ["a", "", "A ", "C", 1, None, ["A"], {}]),
    (fields.SecretField(), ["", 1, None, "x" * 4097]),
    (MetadataField(), ["", [], None, 1, {"a": []}, {"a": {}}, {"a": "x" * 501}, {"": "a"}, {"k" * 41: ""}]),
    (MetadataField(), [{f"key {n}": "" for n in range(51)}, {"a": "line\nbreak"}, {"a\r": ""}]),
    (MetadataField(), [{"card": "4111111111111111"}, {"card": 4111111111111111}]),
    (MetadataField(), [{"n": JSONNumber(text)} for text in INEXACT]),
]


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in REFUSED for value in values],
    ids=lambda value: repr(value)[:40],
)
def test_it_refuses(field: fields.StrictField, value: Any) -> None:
    with pytest.raises(ValidationError):
        field.run_validation(value)


ACCEPTED: list[tuple[fields.StrictField, Any]] = [
    (fields.FlagField(), True),
    (fields.FlagField(), False),
    (fields.WholeNumberField(min_value=1, max_value=9), 9),
    (fields.WordField(("A", "B")), "B"),
    (fields.TextField(max_length=3, min_length=0), ""),
    (fields.TextField(max_length=40), " \u202eright to left\u200b, e\u0301 💶 "),
    (fields.SecretField(), "line\nbreak \u0000 and all"),
    (MetadataField(), {}),
    (MetadataField(), {"a": "x" * 500, "b": True, "c": None, "d": 10**18 - 1, "k" * 40: ""}),
]


@pytest.mark.parametrize(("field", "value"), ACCEPTED, ids=lambda value: repr(value)[:40])
def test_it_keeps_what_it_accepts(field: fields.StrictField, value: Any) -> None:
    assert field.run_validation(value) == value


def test_a_fraction_in_metadata_comes_back_as_it_was_sent() -> None:
    assert MetadataField().run_validation({"rate": JSONNumber("1.50")}) == {"rate": 1.5}


def test_an_id_may_be_in_capitals() -> None:
    assert str(fields.IdField().run_validation(ID.upper())) == ID
