from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.http import QueryDict
from rest_framework import serializers

from ledger.api.fields import CurrencyField, FlagField, MoneyField, TextField, WholeNumberField
from ledger.api.serializers import StrictQuery, StrictSerializer, pointer_to
from ledger.errors import InvalidInput


class Row(StrictSerializer):
    amount = MoneyField()
    currency = CurrencyField()
    note = TextField(max_length=10, required=False)
    id = TextField(max_length=10, read_only=True)
    amounts: ClassVar[dict[str, str]] = {"amount": "currency"}


class Batch(StrictSerializer):
    rows = Row(many=True, max_length=2)  # type: ignore[call-arg]  # many=True makes a ListSerializer


class Query(StrictQuery):
    limit = WholeNumberField(min_value=1, max_value=9, default=5)
    dry_run = FlagField(default=False)


def mistakes(serializer: type[StrictSerializer], data: Any) -> tuple[str, list[tuple[str, str]]]:
    with pytest.raises(InvalidInput) as refusal:
        serializer.read(data)
    errors = refusal.value.data["errors"]
    return refusal.value.code, [(error["pointer"], error["code"]) for error in errors]


GOOD = {"amount": "1.50", "currency": "EUR"}


@pytest.mark.parametrize(
    ("data", "code", "pointers"),
    [
        ({}, "request.validation", ["/amount", "/currency"]),
        ({**GOOD, "amount": None}, "request.validation", ["/amount"]),
        ({**GOOD, "amount": 5}, "money.invalid", ["/amount"]),
        ({**GOOD, "amount": "1.00001"}, "money.scale_exceeded", ["/amount"]),
        ({**GOOD, "currency": "XXX"}, "currency.unsupported", ["/currency"]),
        ({**GOOD, "balance": "9"}, "request.validation", ["/balance"]),
        ({**GOOD, "id": "x"}, "request.validation", ["/id"]),  # mass assignment of a read-only field
        ({**GOOD, "a/b~c": 1}, "request.validation", ["/a~1b~0c"]),
        ({**GOOD, "amount": "x", "extra": 1}, "request.validation", ["/extra", "/amount"]),
        ({**GOOD, "amount": "1.00001", "note": 1}, "request.validation", ["/note"]),
        ([], "request.validation", [""]),
    ],
)
def test_it_names_every_mistake_and_the_first_in_precedence(data: Any, code: str, pointers: list[str]) -> None:
    answered, errors = mistakes(Row, data)
    assert answered == code
    assert [pointer for pointer, _ in errors] == pointers


def test_trailing_zeros_are_not_finer() -> None:
    assert Row.read({**GOOD, "amount": "1.500000"})["amount"] == 1.5


def test_rows_are_pointed_at_by_their_number() -> None:
    bad_row = {**GOOD, "amount": "0"}
    assert mistakes(Batch, {"rows": [GOOD, bad_row]}) == ("money.invalid", [("/rows/1/amount", "money.invalid")])
    assert mistakes(Batch, {"rows": [GOOD, 7]})[1] == [("/rows/1", "request.validation")]
    assert mistakes(Batch, {"rows": [GOOD] * 3})[1] == [("/rows", "request.validation")]
    assert mistakes(Batch, {"rows": GOOD})[1] == [("/rows", "request.validation")]


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("limit=1&limit=1", "request.validation", "/limit"),
        ("page=1", "request.validation", "/page"),
        ("limit=", "request.validation", "/limit"),
        ("limit=%D9%A3", "request.validation", "/limit"),
        ("limit=1.0", "request.validation", "/limit"),
        ("limit=99999999999999999999", "request.validation", "/limit"),
        ("dry_run=yes", "request.validation", "/dry_run"),
        ("dry_run=True", "request.validation", "/dry_run"),
    ],
)
def test_a_query_is_as_strict_as_a_body(text: str, code: str, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Query.parse(QueryDict(text), "/x")
    assert refusal.value.code == code
    assert refusal.value.data["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("text", ["limit=%00", "%00=1"])
def test_nul_in_a_query_is_malformed(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Query.parse(QueryDict(text), "/x")
    assert refusal.value.code == "request.malformed"


def test_a_query_is_read_from_its_words() -> None:
    assert Query.parse(QueryDict("limit=7&dry_run=true"), "/x") == {"limit": 7, "dry_run": True}
    assert Query.parse(QueryDict(""), "/x") == {"limit": 5, "dry_run": False}


def test_a_field_of_rest_framework_itself_gets_our_code() -> None:
    class Mixed(StrictSerializer):
        day = serializers.DateField()

    assert mistakes(Mixed, {"day": "x"}) == ("request.validation", [("/day", "request.validation")])


def test_a_pointer_escapes() -> None:
    assert pointer_to("a/b", 0, "~") == "/a~1b/0/~0"


def test_a_flood_of_mistakes_is_answered_in_short() -> None:
    _, errors = mistakes(Row, {f"unknown {number}": 1 for number in range(1000)})
    assert len(errors) == 100


def test_requests_leave_nothing_behind_for_each_other() -> None:
    assert Row.read({**GOOD, "note": "mine"})["note"] == "mine"
    assert "note" not in Row.read(GOOD)
    assert mistakes(Row, {**GOOD, "note": ""})[1] == [("/note", "request.validation")]
    assert Row.read(GOOD) == Row.read(GOOD)
