"""GET /v1/wallets/{id}/statement: opening plus lines is closing, and what a period is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.wallets.api.drawn import at, statement
from tests.wallets.scene import Scene, book, problem_of
from wallets.models import Wallet

SECOND = timedelta(seconds=1)


def test_it_is_answered_as_documented(berliner: Wallet) -> None:
    txn_id = book(berliner, "12.5", key="a", effective_at=at("2024-03-05T10:00:00Z"), text="Lunch")
    assert statement(berliner, **{"from": "2024-03-01", "to": "2024-03-31"}).json() == {
        "wallet_id": str(berliner.id),
        "currency": "EUR",
        "from": "2024-02-29T23:00:00.000000Z",
        "to": "2024-03-31T22:00:00.000000Z",  # Berlin's summer began that day
        "opening_balance": "0.00",
        "closing_balance": "12.50",
        "ledger_version": 2,
        "lines": [
            {
                "txn_id": str(txn_id),
                "type": "CREDIT",
                "description": "Lunch",
                "effective_at": "2024-03-05T10:00:00.000000Z",
                "amount": "12.50",
                "balance_after": "12.50",
            }
        ],
    }


def test_opening_and_lines_make_closing(berliner: Wallet) -> None:
    """Postings are recorded in another order than they count."""
    for key, (day, amount) in enumerate(
        [
            ("2024-03-20", "10"),
            ("2024-03-03", "40"),
            ("2024-03-20", "-17.5"),
            ("2024-02-20", "60.0001"),
            ("2024-03-09", "-5"),
        ]
    ):
        book(berliner, amount, key=str(key), effective_at=at(f"{day}T12:00:00Z"))
    for first, last, opening, amounts, closing in (
        ("2024-03-01", "2024-03-31", "60.0001", ["40.00", "-5.00", "10.00", "-17.50"], "87.5001"),
        ("2024-03-04", "2024-03-10", "100.0001", ["-5.00"], "95.0001"),
        ("2024-01-01", "2024-01-31", "0.00", [], "0.00"),
        ("2024-04-01", "2024-04-30", "87.5001", [], "87.5001"),
    ):
        answer = statement(berliner, **{"from": first, "to": last}).json()
        assert (answer["opening_balance"], answer["closing_balance"]) == (opening, closing)
        assert [line["amount"] for line in answer["lines"]] == amounts
        balance = Decimal(opening)
        for line in answer["lines"]:
            balance += Decimal(line["amount"])
            assert Decimal(line["balance_after"]) == balance
        assert balance == Decimal(closing)


@pytest.mark.parametrize(
    ("first", "last", "inside"),
    [
        # A day of the company's zone, both ends inclusive: Berlin is one hour ahead of UTC, two in summer.
        ("2024-03-05", "2024-03-05", ("2024-03-04T23:00:00Z", "2024-03-05T22:59:59Z")),
        ("2024-07-05", "2024-07-06", ("2024-07-04T22:00:00Z", "2024-07-06T21:59:59Z")),
        # The day on which summer begins has 23 hours, the one on which it ends 25.
        ("2024-03-31", "2024-03-31", ("2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z")),
        ("2024-10-27", "2024-10-27", ("2024-10-26T22:00:00Z", "2024-10-27T22:59:59Z")),
        # Instants: the first is in, the last is out.
        ("2024-03-05T10:00:00Z", "2024-03-05T11:00:00Z", ("2024-03-05T10:00:00Z", "2024-03-05T10:59:59Z")),
        ("2024-03-05T11:00:00+01:00", "2024-03-05", ("2024-03-05T10:00:00Z", "2024-03-05T22:59:59Z")),
    ],
)
def test_bounds(berliner: Wallet, first: str, last: str, inside: tuple[str, str]) -> None:
    earliest, latest = map(at, inside)
    moments = [earliest - SECOND, earliest, latest, latest + SECOND]
    for key, moment in enumerate(moments):
        book(berliner, "1", key=str(key), effective_at=moment)
    answer = statement(berliner, **{"from": first, "to": last}).json()
    assert [at(line["effective_at"]) for line in answer["lines"]] == [earliest, latest]
    assert (answer["opening_balance"], answer["closing_balance"]) == ("1.00", "3.00")


def test_without_an_end_it_reaches_until_now(scene: Scene) -> None:
    answer = statement(scene.alices, **{"from": (datetime.now(UTC) - timedelta(days=3)).date().isoformat()}).json()
    assert (answer["closing_balance"], len(answer["lines"])) == ("100.00", 1)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/from"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2024-02-30"}, "/from"),
        ({"from": "2024-03-02", "to": "2024-03-01"}, "/to"),
        ({"from": "2024-03-02T00:00:00Z", "to": "2024-03-01T00:00:00Z"}, "/to"),
        ({"from": "2024-01-01", "to": "2025-01-01"}, "/to"),  # 367 days
        ({"from": "2024-01-01", "to": ""}, "/to"),
        ({"from": "2024-01-01", "until": "2024-01-31"}, "/until"),
    ],
)
def test_wrong_parameters_are_named(berliner: Wallet, query: dict[str, str], pointer: str) -> None:
    problem = problem_of(statement(berliner, **query), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_leap_year_fits(berliner: Wallet) -> None:
    assert statement(berliner, **{"from": "2024-01-01", "to": "2024-12-31"}).status_code == 200
