"""GET /v1/wallets/{id}/statement: opening plus lines is closing, in JSON, CSV and PDF."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from compliance.models import User
from tests.compliance.clients import api_as
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.scene import Scene, book, give_wallet, problem_of
from wallets.models import Wallet

SECOND = timedelta(seconds=1)


@pytest.fixture
def berliner(db: None) -> Wallet:
    """An empty wallet in a company whose days begin at midnight in Berlin."""
    company = CompanyFactory(timezone="Europe/Berlin")
    owner: User = UserFactory(company=company)
    return give_wallet(owner)


def statement(wallet: Wallet, *, accept: str = "application/json", **query: str) -> Any:
    path = f"/v1/wallets/{wallet.id}/statement"
    return api_as(wallet.user).get(path, query, headers={"Accept": accept})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


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


def test_the_newest_of_several_forms_is_chosen_by_accept(berliner: Wallet) -> None:
    march = {"from": "2024-03-01", "to": "2024-03-31"}
    for accept, media_type in (
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("application/pdf", "application/pdf"),
        ("text/html, text/csv;q=0.5", "text/csv"),
    ):
        response = statement(berliner, accept=accept, **march)
        assert response.headers["Content-Type"].split(";")[0] == media_type
        assert "Accept" in response.headers["Vary"]
    problem_of(statement(berliner, accept="text/html", **march), 406, "not_acceptable")


@pytest.mark.parametrize("accept", ["text/csv", "application/pdf"])
def test_a_problem_stays_a_problem_in_every_form(berliner: Wallet, accept: str) -> None:
    problem_of(statement(berliner, accept=accept), 400, "request.validation")


TEXTS = [
    '=HYPERLINK("http://evil.example","x")',
    "+1",
    "-1+1|cmd",
    "@SUM(A1)",
    'He said "no", twice',
    "a,b;c",
    "Grüße, Ελλάδα, 東京, 🚲",
]


def test_csv_holds_what_json_holds_and_no_formulas(berliner: Wallet) -> None:
    for day, text in enumerate(TEXTS, start=1):
        book(berliner, "3" if day % 2 else "-1", key=text, effective_at=at(f"2024-03-{day:02}T12:00:00Z"), text=text)
    march = {"from": "2024-03-01", "to": "2024-03-31"}
    response, answer = statement(berliner, accept="text/csv", **march), statement(berliner, **march).json()
    header, opening, *lines, closing = csv.reader(io.StringIO(response.content.decode()))
    assert header == ["effective_at", "txn_id", "type", "description", "amount", "balance_after"]
    assert (opening[0], opening[2], opening[-1]) == (answer["from"], "OPENING", answer["opening_balance"])
    assert (closing[0], closing[2], closing[-1]) == (answer["to"], "CLOSING", answer["closing_balance"])
    for cells, line, text in zip(lines, answer["lines"], TEXTS, strict=True):
        shown = dict(zip(header, cells, strict=True))
        assert shown.pop("description") == (f"'{text}" if text[0] in "=+-@" else text)
        assert line.pop("description") == text
        assert shown == line


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_pdf_has_as_many_pages_as_it_needs(berliner: Wallet) -> None:
    for line in range(100):
        text = TEXTS[line % len(TEXTS)] if line else "<b>&amp; W" + "W" * 480
        book(berliner, "1", key=str(line), effective_at=at("2024-03-05T12:00:00Z"), text=text)
    short = statement(berliner, accept="application/pdf", **{"from": "2024-01-01", "to": "2024-01-31"})
    long = statement(berliner, accept="application/pdf", **{"from": "2024-03-01", "to": "2024-03-31"})
    for response, pages in ((short, range(1, 2)), (long, range(3, 7))):
        assert response.status_code == 200
        assert response.content.startswith(b"%PDF-1.")
        assert response.content.rstrip().endswith(b"%%EOF")
        offset = int(response.content.split(b"startxref")[-1].split()[0])
        assert response.content[offset:].startswith(b"xref")
        assert pages_of(response.content) in pages
