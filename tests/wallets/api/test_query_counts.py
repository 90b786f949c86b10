"""How many statements a request costs: the log-in and the rest. More rows cost no more statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import redis
from ledger.selectors.assets import get_asset
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.scene import Scene, book, give_wallet, send, transfer_body


@pytest.fixture(autouse=True)
def assets_are_known(db: None) -> None:
    """They are read once in the life of a process."""
    get_asset("EUR")


def statements(request: Callable[[], Any], *, status: int = 200) -> int:
    """How many statements a request sends, savepoints of the test's own transaction left out."""
    with CaptureQueriesContext(connection) as captured:
        response = request()
    assert response.status_code == status, response.content
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_a_transfer(scene: Scene) -> None:
    """The log-in, the wallets, claim, lock, read, write."""
    client = api_as(scene.cast.alice)
    body = transfer_body(scene.alices, scene.bobs)
    assert statements(lambda: send(client, "/v1/transfers", body), status=201) == 6
    assert statements(lambda: send(client, "/v1/transfers", body), status=201) == 4  # replayed: claim, look up
    refused = transfer_body(scene.alices, scene.bobs, "1000")
    assert statements(lambda: send(client, "/v1/transfers", refused, key="key-2"), status=422) == 6


def test_a_transfer_in_the_seeds_form(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    wallets = {"from_account": str(scene.alices.id), "to_account": str(scene.bobs.id)}
    id = "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e01"
    body = {**wallets, "amount": "1", "currency": "EUR", "transaction_id": id}
    assert statements(lambda: client.post("/v1/wallet/balance_transfer", body), status=201) == 6


@pytest.mark.parametrize("atomic", [False, True])
def test_a_batch_of_any_size(scene: Scene, atomic: bool) -> None:
    client = api_as(scene.cast.frida)
    others = [give_wallet(UserFactory(company=scene.cast.company)) for _ in range(10)]

    def post(first: int, size: int) -> Any:
        rows = [
            {"idempotency_key": f"r{row}", **transfer_body(scene.alices, others[row % 10], "0.01")}
            for row in range(first, first + size)
        ]
        return client.post("/v1/transfers/batch", {"atomic": atomic, "transfers": rows})

    assert [statements(lambda: post(0, 1)), statements(lambda: post(1, 100))] == [6, 6]


def test_a_booking(scene: Scene) -> None:
    client = api_as(scene.cast.bookings)

    def book_once(reference: str) -> Any:
        body = {
            "type": "DEBIT",
            "amount": "1",
            "currency": "EUR",
            "reference_type": "booking",
            "reference_id": reference,
        }
        return client.post(f"/v1/wallets/{scene.alices.id}/transactions", body)

    book_once("the first opens the clearing account")
    assert statements(lambda: book_once("b-1"), status=201) == 7


def test_a_balance(scene: Scene) -> None:
    client, path = api_as(scene.cast.alice), f"/v1/wallets/{scene.alices.id}/balance"
    redis.client().delete(f"wallet:{scene.alices.id}:balance")
    assert [statements(lambda: client.get(path)), statements(lambda: client.get(path))] == [3, 2]


def test_lists_of_any_length(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    paths = ("/v1/wallets?limit=200", "/v1/users?limit=200", "/v1/teams")
    few = [statements(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]
    for _ in range(30):
        give_wallet(UserFactory(company=scene.cast.company))
    many = [statements(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]
    assert few == many == [3, 3, 2]
    assert len(client.get(paths[0]).json()["data"]) == 33


def test_a_page_of_history_of_any_length(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    path = f"/v1/wallets/{scene.alices.id}/transactions?limit=100"
    few = statements(lambda: client.get(path))
    for number in range(60):
        book(scene.alices, "1", key=str(number))
    assert [few, statements(lambda: client.get(path))] == [6, 6]


def test_a_statement_of_any_length(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    path = f"/v1/wallets/{scene.alices.id}/statement?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z"
    few = statements(lambda: client.get(path))
    for number in range(30):
        book(scene.alices, "1", key=str(number))
    assert [few, statements(lambda: client.get(path))] == [5, 5]


def test_opening_and_status(scene: Scene) -> None:
    client, nina = api_as(scene.cast.frida), UserFactory(company=scene.cast.company)
    body = {"user_id": str(nina.id), "currency": "EUR", "initial_balance": "5"}
    assert statements(lambda: client.post("/v1/wallets", body), status=201) == 12
    freeze = {"status": "FROZEN", "reason": "A test."}
    path = f"/v1/wallets/{scene.alices.id}/status"
    assert [statements(lambda: client.put(path, freeze)) for _ in range(2)] == [10, 8]
