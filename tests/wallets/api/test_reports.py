"""/v1/reports: sums over what the caller may see, as old as they say they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.selectors.clock import database_now
from ledger.services.read_models import refresh_read_models
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory, make_cast
from tests.wallets.scene import Scene, book, give_wallet, problem_of, send, transfer_body

BALANCES, TRANSACTIONS = "/v1/reports/balances", "/v1/reports/transactions"
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


@pytest.fixture
def told(scene: Scene) -> Scene:
    """March: alice gets 50.00 and pays 12.50 and 2.50; charlie gets 7.00. Today alice sends bob 10.00."""
    book(scene.alices, "50", key="in", effective_at=at(2))
    book(scene.alices, "-12.5", key="out-1", effective_at=at(9))
    book(scene.alices, "-2.5", key="out-2", effective_at=at(9))
    book(scene.charlies, "7", key="charlie", effective_at=at(9))
    give_wallet(scene.cast.alice, "3", currency="USD", type="SAVINGS")
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    refresh_read_models()
    return scene


def report(caller: Any, path: str, **query: str) -> Any:
    response = api_as(caller).get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def totals(currency: str, wallets: int, available: str) -> dict[str, Any]:
    figures = {"available": available, "pending": "0.00", "reserved": "0.00", "staked": "0.00"}
    return {"currency": currency, "wallets": wallets, **figures}


def day(day: str, type: str, direction: str, count: int, amount: str, currency: str = "EUR") -> dict[str, Any]:
    what = {"day": day, "type": type, "direction": direction, "status": "COMPLETED", "currency": currency}
    return {**what, "count": count, "amount": amount, "fee_amount": "0.00"}


def test_balances_are_answered_as_documented(told: Scene) -> None:
    answer = report(told.cast.alice, BALANCES)
    assert answer.pop("age_seconds") >= 0
    assert datetime.fromisoformat(answer.pop("as_of")) <= database_now()
    assert answer["totals"] == [totals("EUR", 1, "125.00"), totals("USD", 1, "3.00")]
    row = {"user_id": str(told.cast.alice.id), "wallet_id": str(told.alices.id), "category": "PRIMARY"}
    figures = {"available": "125.00", "pending": "0.00", "reserved": "0.00", "staked": "0.00"}
    assert answer["data"][0] == {**row, "currency": "EUR", **figures}
    assert [(row["category"], row["available"]) for row in answer["data"]] == [
        ("PRIMARY", "125.00"),
        ("SAVINGS", "3.00"),
    ]
    assert answer["page"] == {"next_cursor": None, "has_more": False}


@pytest.mark.parametrize(
    ("name", "euros"),
    [("alice", (1, "125.00")), ("bob", (2, "135.00")), ("charlie", (1, "7.00")), ("audrey", (3, "142.00"))],
)
def test_everybody_gets_the_sums_of_what_he_sees(told: Scene, name: str, euros: tuple[int, str]) -> None:
    book(give_wallet(make_cast().alice, "1000"), "-1", key="elsewhere")
    refresh_read_models()
    answer = report(getattr(told.cast, name), BALANCES)
    assert answer["totals"][0] == totals("EUR", *euros)
    assert len([row for row in answer["data"] if row["currency"] == "EUR"]) == euros[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"category": "SAVINGS"}, [totals("USD", 1, "3.00")]),
        ({"currency": "EUR"}, [totals("EUR", 3, "142.00")]),
        ({"user_id": "alice"}, [totals("EUR", 1, "125.00"), totals("USD", 1, "3.00")]),
        ({"user_id": "alice", "currency": "EUR"}, [totals("EUR", 1, "125.00")]),
        ({"user_id": "charlie", "category": "SAVINGS"}, []),
    ],
)
def test_balances_are_filtered(told: Scene, query: dict[str, str], expected: list[dict[str, Any]]) -> None:
    if "user_id" in query:
        query = {**query, "user_id": str(getattr(told.cast, query["user_id"]).id)}
    assert report(told.cast.frida, BALANCES, **query)["totals"] == expected


def test_a_filter_shows_nothing_that_is_hidden(told: Scene) -> None:
    """bob is not charlie's manager."""
    user = {"user_id": str(told.cast.charlie.id)}
    answer = report(told.cast.bob, BALANCES, **user)
    assert (answer["totals"], answer["data"]) == ([], [])
    assert report(told.cast.bob, TRANSACTIONS, **user, **MARCH)["data"] == []


def test_totals_are_those_of_every_page(told: Scene) -> None:
    first = report(told.cast.frida, BALANCES, limit="1", currency="EUR")
    rest = report(told.cast.frida, BALANCES, cursor=first["page"]["next_cursor"])
    assert (len(first["data"]), len(rest["data"])) == (1, 2)
    assert first["totals"] == rest["totals"] == [totals("EUR", 3, "142.00")]


def test_transactions_are_answered_as_documented(told: Scene) -> None:
    answer = report(told.cast.alice, TRANSACTIONS, **MARCH)
    assert answer.pop("age_seconds") >= 0
    assert datetime.fromisoformat(answer.pop("as_of")) <= database_now()
    assert answer == {
        **MARCH,
        "data": [
            day("2026-03-02", "DEPOSIT", "IN", 1, "50.00"),
            day("2026-03-09", "PAYMENT", "OUT", 2, "15.00"),
        ],
    }
    both = report(told.cast.frida, TRANSACTIONS, **MARCH)["data"]
    assert day("2026-03-09", "DEPOSIT", "IN", 1, "7.00") in both
    assert len(both) == 3


def test_a_transfer_between_two_of_them_is_out_once_and_in_once(told: Scene) -> None:
    today = database_now().date().isoformat()
    answer = report(told.cast.bob, TRANSACTIONS, type="transfer")
    assert answer["data"] == [day(today, "TRANSFER", way, 1, "10.00") for way in ("IN", "OUT")]
    assert report(told.cast.charlie, TRANSACTIONS, type="TRANSFER")["data"] == []


def test_transactions_are_filtered(told: Scene) -> None:
    send(api_as(told.cast.alice), "/v1/transfers", transfer_body(told.alices, told.bobs, "999"), key="too-much")
    refresh_read_models()
    failed = report(told.cast.bob, TRANSACTIONS, status="FAILED")["data"]
    assert [(row["direction"], row["status"], row["amount"]) for row in failed] == [("OUT", "FAILED", "999.00")]
    some = report(told.cast.frida, TRANSACTIONS, type="PAYMENT,DEPOSIT", category="PRIMARY", currency="EUR", **MARCH)
    assert [row["amount"] for row in some["data"]] == ["50.00", "7.00", "15.00"]
    one_day = report(told.cast.frida, TRANSACTIONS, **{"from": "2026-03-02", "to": "2026-03-02"})
    assert [row["day"] for row in one_day["data"]] == ["2026-03-02"]


def test_the_usual_period_is_the_last_month(told: Scene) -> None:
    answer, today = report(told.cast.alice, TRANSACTIONS), database_now().date()
    assert (answer["from"], answer["to"]) == ((today - timedelta(days=30)).isoformat(), today.isoformat())


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        (BALANCES, {"category": "GOLD"}, "/category"),
        (BALANCES, {"user_id": "me"}, "/user_id"),
        (BALANCES, {"from": "2026-03-01"}, "/from"),
        (TRANSACTIONS, {"from": "2026-03-01T00:00:00Z"}, "/from"),
        (TRANSACTIONS, {"from": "2026-03-02", "to": "2026-03-01"}, "/to"),
        (TRANSACTIONS, {"from": "2025-01-01", "to": "2026-01-02"}, "/to"),
        (TRANSACTIONS, {"type": "CREDIT"}, "/type"),
        (TRANSACTIONS, {"status": "DONE"}, "/status"),
        (TRANSACTIONS, {"limit": "5"}, "/limit"),
    ],
)
def test_wrong_parameters_are_named(scene: Scene, path: str, query: dict[str, str], pointer: str) -> None:
    problem = problem_of(api_as(scene.cast.alice).get(path, query), 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_they_lag_behind_and_say_so(told: Scene) -> None:
    book(told.alices, "1", key="later")
    wallet = give_wallet(UserFactory(company=told.cast.company), "9")
    answer = report(told.cast.frida, BALANCES)
    figures = {row["wallet_id"]: row["available"] for row in answer["data"]}
    assert (figures[str(told.alices.id)], figures[str(wallet.id)]) == ("125.00", "0.00")
    refresh_read_models()
    figures = {row["wallet_id"]: row["available"] for row in report(told.cast.frida, BALANCES)["data"]}
    assert (figures[str(told.alices.id)], figures[str(wallet.id)]) == ("126.00", "9.00")


def test_they_cost_the_same_however_many_there_are(told: Scene) -> None:
    client = api_as(told.cast.frida)

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    few = [statements(path) for path in (BALANCES, TRANSACTIONS)]
    for number in range(10):
        book(give_wallet(UserFactory(company=told.cast.company), "1"), "1", key=str(number))
    refresh_read_models()
    assert [statements(path) for path in (BALANCES, TRANSACTIONS)] == few
