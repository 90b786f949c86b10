"""Odd amounts on every amount field of every route, found from what the routes declare."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.api.fields import MoneyField
from tests.api.fields import Request, body_fields, request_for
from tests.wallets.scene import Scene, nothing_recorded

FIELDS = body_fields(MoneyField)
IDS = [field.name for field in FIELDS]

INVALID: list[Any] = [
    *("NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "∞"),
    *("1e9", "1E+2", "1e-2", "0x10", "0b1", "1_000", "1,000", "1,5", "1 000", "1/2", "½"),
    *("１２.５", "٣", "९", "১", "𝟏", "1２", "①"),
    *(" 5 ", "5 ", " 5", "5\u00a0", "5\u200b", "\u202e5", "5EUR", "€5", "$5", "five"),
    *("+5", "-5", "-0", "-0.01", "--5", "(5)", ".5", "5.", ".", "1.2.3", ""),
    *("1" * 21, "9" * 4000, "0." + "0" * 18 + "1", "1." + "0" * 19, "'5'", '"5"', "null", "true"),
    *(5, 0, -5, 5.5, 1.0, 0.1, 1e300, 2**63, 10**4000, True, False),
    *([], ["5"], {}, {"amount": "5"}, [[]]),
]
"""What is no amount: `money.invalid`."""

ZEROS = ["0", "0.0", "0.00", "0.000000", "00"]
TOO_FINE = ["1.00001", "0.00001", "0.000000000000000001", "99999999999999999999.000000000000000001"]
"""Finer than EUR, which keeps four decimals: `money.scale_exceeded`."""
FINE = ["1", "1.5", "01", "0.0001", "1.0000", "1.00000", "1.000000000000000000"]
UNREADABLE = [
    "NaN",
    "Infinity",
    "-Infinity",
    '"5\\u0000"',
    '"\\ud800"',
    "+5",
    "05",
    ".5",
    "5.",
    "0x5",
    "1_0",
    "'5'",
    "",
]
"""Not JSON, or text that no database holds: `request.malformed`. As it is written."""


@pytest.fixture(params=FIELDS, ids=IDS)
def wanted(request: pytest.FixtureRequest, scene: Scene) -> Request:
    return request_for(request.param, scene)


def code_at(response: Any, pointer: str) -> str:
    """The code of the only mistake, which must be the amount."""
    body = response.json()
    assert response.status_code == 400, body
    (error,) = body["errors"]
    assert (error["pointer"], error["code"]) == (pointer, body["code"])
    code: str = body["code"]
    return code


def test_the_fields_are_found() -> None:
    assert {
        "POST /v1/transfers/amount",
        "POST /v1/transfers/conditions/available_gte",
        "POST /v1/transfers/batch/transfers/0/amount",
        "POST /v1/reservations/amount",
        "POST /v1/reservations/{reservation_id}/capture/amount",
        "POST /v1/transactions/{txn_id}/refunds/amount",
        "POST /v1/wallet/balance_transfer/amount",
        "POST /v1/wallets/initial_balance",
        "POST /v1/wallets/{wallet_id}/transactions/amount",
    } <= set(IDS)


def test_what_is_no_amount_is_refused(wanted: Request) -> None:
    with nothing_recorded():
        codes = {repr(amount)[:40]: code_at(wanted.send(amount), wanted.field.pointer) for amount in INVALID}
    assert set(codes.values()) == {"money.invalid"}, codes


def test_what_is_too_fine_is_refused_and_never_rounded(wanted: Request) -> None:
    with nothing_recorded():
        codes = {amount: code_at(wanted.send(amount), wanted.field.pointer) for amount in TOO_FINE}
    assert set(codes.values()) == {"money.scale_exceeded"}, codes


def test_nothing_is_refused_and_no_amount_too(wanted: Request) -> None:
    with nothing_recorded():
        assert code_at(wanted.send(None), wanted.field.pointer) == "request.validation"
        if wanted.field.field.required:
            assert code_at(wanted.send_without(), wanted.field.pointer) == "request.validation"
        if not (isinstance(wanted.field.field, MoneyField) and wanted.field.field.zero_allowed):
            assert {code_at(wanted.send(zero), wanted.field.pointer) for zero in ZEROS} == {"money.invalid"}


def test_what_is_not_json_is_malformed(wanted: Request) -> None:
    with nothing_recorded():
        for text in UNREADABLE:
            response = wanted.send_as_written(text)
            assert (response.status_code, response.json()["code"]) == (400, "request.malformed"), text


@pytest.mark.parametrize("amount", FINE)
def test_an_amount_is_accepted(wanted: Request, amount: str) -> None:
    """The same request with a good amount works: it was the amount that was refused."""
    response = wanted.send(amount)
    assert response.status_code == wanted.field.route.operation.status, response.json()


def test_the_same_amount_given_twice_is_malformed(wanted: Request) -> None:
    name = wanted.field.path[-1]
    with nothing_recorded():
        response = wanted.send_as_written(f'"1", "{name}": "1"')
    assert (response.status_code, response.json()["code"]) == (400, "request.malformed")
