"""GET /wallets/{id}/transactions: pages, filters, and what each side sees (R67, R68, C10, C25)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient

from tests.compliance.clients import api_as
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.scene import Scene, book, give_wallet, problem_of, send, transfer_body
from wallets.models import Wallet

ONE_DAY = timedelta(days=1)


def history(client: APIClient, wallet: Wallet, query: str = "") -> dict[str, Any]:
    response = client.get(f"/wallets/{wallet.id}/transactions?{query}")
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def amounts(body: dict[str, Any]) -> list[str]:
    return [line["amount"] for line in body["transactions"]]


def test_it_is_answered_as_documented(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    body = transfer_body(scene.alices, scene.bobs, "12.5", description="Lunch", reference_id="L-1")
    sent = send(client, "/v1/transfers", body).json()
    answer = history(client, scene.alices, "limit=1")
    assert answer == {
        "transactions": [
            {
                "txn_id": sent["txn_id"],
                "wallet_id": str(scene.alices.id),
                "type": "TRANSFER_OUT",
                "amount": "12.50",
                "currency": "EUR",
                "description": "Lunch",
                "status": "COMPLETED",
                "state": "COMPLETED",
                "reference_id": "L-1",
                "reference_type": "transfer",
                "balance_after": "87.50",
                "created_at": sent["created_at"],
            }
        ],
        "pagination": {"page": 1, "limit": 1, "total": 2},
    }


def test_each_side_sees_it_from_its_side(scene: Scene) -> None:
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    client = api_as(scene.cast.bob)
    seen = [
        [(line["type"], line["amount"], line["balance_after"]) for line in history(client, wallet)["transactions"]]
        for wallet in (scene.alices, scene.bobs)
    ]
    assert seen == [
        [("TRANSFER_OUT", "10.00", "90.00"), ("CREDIT", "100.00", "100.00")],
        [("TRANSFER_IN", "10.00", "10.00")],
    ]


def test_a_refused_payment_is_the_payers_business(scene: Scene) -> None:
    response = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "1000"))
    problem = problem_of(response, 422, "funds.insufficient")
    client = api_as(scene.cast.bob)  # her manager sees both wallets
    (refused, _) = history(client, scene.alices)["transactions"]
    assert (refused["txn_id"], refused["status"], refused["balance_after"]) == (problem["txn_id"], "FAILED", None)
    assert history(client, scene.bobs) == {"transactions": [], "pagination": {"page": 1, "limit": 20, "total": 0}}


@pytest.fixture
def busy(scene: Scene) -> Wallet:
    """Charlie's wallet: credits of 1, 2, 3, 4, 5, 6, 7 in this order."""
    for amount in range(1, 8):
        book(scene.charlies, str(amount), key=str(amount))
    return scene.charlies


@pytest.mark.parametrize(
    ("query", "expected", "page", "limit"),
    [
        ("", "7654321", 1, 20),
        ("limit=3", "765", 1, 3),
        ("page=2&limit=3", "432", 2, 3),
        ("page=3&limit=3", "1", 3, 3),
        ("page=4&limit=3", "", 4, 3),
        ("page=100&limit=100", "", 100, 100),
        ("page=10000&limit=1", "", 10_000, 1),
        ("limit=3&order=asc", "123", 1, 3),
        ("limit=100", "7654321", 1, 100),
    ],
)
def test_pages(scene: Scene, busy: Wallet, query: str, expected: str, page: int, limit: int) -> None:
    answer = history(api_as(scene.cast.charlie), busy, query)
    assert "".join(amount.removesuffix(".00") for amount in amounts(answer)) == expected
    assert answer["pagination"] == {"page": page, "limit": limit, "total": 7}


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=10001", "page=1.0", "page=100000000000000000000"]
    + ["limit=0", "limit=101", "limit=x", "limit=", "page=101&limit=100", "page=5001&limit=2", "cursor=x"],
)
def test_pages_have_bounds(scene: Scene, query: str) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/wallets/{scene.alices.id}/transactions?{query}")
    problem_of(response, 400, "pagination.invalid")


def next_page(response: Any) -> str | None:
    link = response.headers.get("Link")
    if link is None:
        return None
    found = re.fullmatch(r'<([^>]+)>; rel="next"', link)
    assert found is not None, link
    return found[1]


@pytest.mark.parametrize("query", ["limit=2", "limit=2&order=asc", "limit=2&page=2", "limit=2&type=credit"])
@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_the_link_leads_through_all_pages_without_drift(scene: Scene, busy: Wallet, prefix: str, query: str) -> None:
    client = api_as(scene.cast.charlie)
    whole = amounts(history(client, busy, query.replace("limit=2", "limit=100").replace("&page=2", "")))
    expected = whole[2:] if "page=2" in query else whole
    seen: list[str] = []
    path: str | None = f"{prefix}/wallets/{busy.id}/transactions?{query}"
    while path is not None:
        response = client.get(path)
        seen += amounts(response.json())
        path = next_page(response)
        if "asc" not in query:
            book(busy, "100", key=f"meanwhile-{len(seen)}")  # newer: must not push rows onto the next page
    assert seen == expected


def test_a_link_belongs_to_its_wallet(scene: Scene, busy: Wallet) -> None:
    client = api_as(scene.cast.frida)
    path = next_page(client.get(f"/wallets/{busy.id}/transactions?limit=2"))
    assert path is not None
    problem_of(client.get(path.replace(str(busy.id), str(scene.alices.id))), 400, "pagination.invalid")
    problem_of(api_as(scene.cast.alice).get(path), 404, "not_found")


@pytest.fixture
def mixed(scene: Scene) -> Wallet:
    """Alice's wallet: credit 100, debit 1, in 2, out 3, refused out 999."""
    client = api_as(scene.cast.frida)
    book(scene.alices, "-1", key="debit")
    book(scene.bobs, "50", key="for bob")
    send(client, "/v1/transfers", transfer_body(scene.bobs, scene.alices, "2"), key="in")
    send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs, "3"), key="out")
    send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs, "999"), key="refused")
    return scene.alices


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "999 3 2 1 100"),
        ("type=CREDIT", "100"),
        ("type=debit", "1"),
        ("type=Transfer_In", "2"),
        ("type=transfer_out", "999 3"),
        ("type=credit,DEBIT", "1 100"),
        ("type=CREDIT,%20debit", "1 100"),
        ("type=TRANSFER_IN,TRANSFER_OUT&status=COMPLETED", "3 2"),
        ("status=failed", "999"),
        ("status=completed,FAILED", "999 3 2 1 100"),
        ("status=PENDING", ""),
        ("status=reversed,cancelled", ""),
        ("type=debit&status=failed", ""),
    ],
)
def test_type_and_status(scene: Scene, mixed: Wallet, query: str, expected: str) -> None:
    answer = history(api_as(scene.cast.alice), mixed, query)
    assert [amount.removesuffix(".00") for amount in amounts(answer)] == expected.split()
    assert answer["pagination"]["total"] == len(expected.split())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_days_are_days_of_the_company_and_inclusive(db: None, zone: str) -> None:
    """At any hour, one of the two islands lives on another day than UTC."""
    owner = UserFactory(company=CompanyFactory(timezone=zone))
    wallet, client = give_wallet(owner, "5"), api_as(owner)
    (line,) = history(client, wallet)["transactions"]
    created_at = datetime.fromisoformat(line["created_at"])
    today = created_at.astimezone(ZoneInfo(zone)).date()

    def total(start: date | str | None, end: date | str | None) -> int:
        bounds = {"start_date": start, "end_date": end}
        query = "&".join(f"{name}={value}" for name, value in bounds.items() if value is not None)
        count: int = history(client, wallet, query.replace("+", "%2B"))["pagination"]["total"]
        return count

    assert [total(today, today), total(today, None), total(None, today)] == [1, 1, 1]
    assert [total(today + ONE_DAY, None), total(None, today - ONE_DAY)] == [0, 0]
    instant, later = line["created_at"], (created_at + timedelta(microseconds=1)).isoformat()
    assert [total(instant, None), total(None, instant), total(instant, later)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("type=WITHDRAWAL", "/type"),
        ("type=", "/type"),
        ("type=CREDIT,", "/type"),
        ("status=DONE", "/status"),
        ("start_date=x", "/start_date"),
        ("end_date=2026-13-45", "/end_date"),
        ("start_date=2026-03-02&end_date=2026-03-01", "/end_date"),
        ("since=2026-03-01", "/since"),
        ("type=CREDIT&type=DEBIT", "/type"),
    ],
)
def test_wrong_filters_are_named(scene: Scene, query: str, pointer: str) -> None:
    response = api_as(scene.cast.alice).get(f"/wallets/{scene.alices.id}/transactions?{query}")
    problem = problem_of(response, 400, "request.validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
