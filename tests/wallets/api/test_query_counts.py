"""How many statements a request costs: the log-in and the rest. More rows cost no more statements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import redis
from ledger.selectors.assets import get_asset
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.holds import hold_body, reserve, step
from tests.wallets.incoming import booked, cancelled
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
    """The log-in, the wallets, budgets and limits, claim, lock, read, write."""
    client = api_as(scene.cast.alice)
    body = transfer_body(scene.alices, scene.bobs)
    assert statements(lambda: send(client, "/v1/transfers", body), status=201) == 7
    assert statements(lambda: send(client, "/v1/transfers", body), status=201) == 5  # replayed: claim, look up
    refused = transfer_body(scene.alices, scene.bobs, "1000")
    assert statements(lambda: send(client, "/v1/transfers", refused, key="key-2"), status=422) == 7


def test_a_transfer_in_the_seeds_form(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    wallets = {"from_account": str(scene.alices.id), "to_account": str(scene.bobs.id)}
    id = "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e01"
    body = {**wallets, "amount": "1", "currency": "EUR", "transaction_id": id}
    assert statements(lambda: client.post("/v1/wallet/balance_transfer", body), status=201) == 7


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

    assert [statements(lambda: post(0, 1)), statements(lambda: post(1, 100))] == [7, 7]


def test_a_hold_and_its_steps(scene: Scene) -> None:
    """Holding: like a transfer, and a statement more for the hold. A step also looks up the hold twice: for the caller,
    and under the lock."""
    client = api_as(scene.cast.alice)
    hold = reserve(scene.cast.alice, scene.alices, "20", destination_wallet_id=str(scene.bobs.id))
    body = hold_body(scene.alices, "1")
    assert statements(lambda: send(client, "/v1/reservations", body, key="next"), status=201) == 8
    to_bob = hold_body(scene.alices, "1", destination_wallet_id=str(scene.bobs.id))
    assert statements(lambda: send(client, "/v1/reservations", to_bob, key="bobs"), status=201) == 9
    steps: dict[str, dict[str, Any]] = {
        "capture": {"amount": "1", "final": False},
        "extend": {"expires_in": 60},
        "release": {},
    }
    counts = [statements(partial(step, client, hold, name, key=name, **body)) for name, body in steps.items()]
    assert counts == [9, 9, 10]  # a release also asks whether a second person has to approve it
    assert statements(partial(step, client, hold, "release", key="release")) == 6  # replayed


def test_undoing(scene: Scene) -> None:
    def pay(key: str) -> str:
        sent = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "1"), key=key)
        txn_id: str = sent.json()["txn_id"]
        return txn_id

    client, refund = api_as(scene.cast.frida), {"amount": "1", "reason": "A test."}
    path = f"/v1/transactions/{pay('first')}/refunds"
    assert statements(lambda: send(client, path, refund), status=201) == 13

    def undo(txn_ids: list[str]) -> Any:
        rows = [{"idempotency_key": id, "txn_id": id, "reason": "A test."} for id in txn_ids]
        return client.post("/v1/reversals/batch", {"atomic": True, "reversals": rows})

    one, many = [pay("second")], [pay(f"p{number}") for number in range(20)]
    assert [statements(lambda: undo(one)), statements(lambda: undo(many))] == [14, 14]  # with the rules for approvals


def test_lists_of_holds_and_decisions(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    paths = ["/v1/reservations?limit=200"]
    hold = reserve(scene.cast.alice, scene.alices, "1")
    paths += [f"/v1/transactions/{hold['txn_id']}/{part}" for part in ("decision", "events")]
    few = [statements(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]
    for number in range(20):
        reserve(scene.cast.alice, scene.alices, "1", key=str(number))
        step(client, hold, "extend", key=f"longer-{number}", expires_in=60)
    many = [statements(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]
    assert few == many == [2, 5, 4]


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
    assert statements(lambda: book_once("b-1"), status=201) == 8


def test_a_balance(scene: Scene) -> None:
    client, path = api_as(scene.cast.alice), f"/v1/wallets/{scene.alices.id}/balance"
    redis.client().delete(f"wallet:{scene.alices.id}:balance")
    assert [statements(lambda: client.get(path)), statements(lambda: client.get(path))] == [3, 2]


def test_the_past_of_any_length(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    at = "at=2026-03-14T16:05:12Z"
    paths = {
        f"/v1/wallets/{scene.alices.id}/balance?{at}": 5,  # log-in, wallet, clock, figures, version
        f"/v1/wallets/{scene.alices.id}/balance/explain?{at}": 11,  # the parts, and the open holds
        "/v1/balances/history?from=2026-01-01": 7,
        "/v1/balances/changes?from=2026-01-01": 4,
        f"/v1/company/balances?{at}": 7,
    }
    few = {path: statements(lambda path=path: client.get(path)) for path in paths}  # type: ignore[misc]
    for number in range(20):
        book(give_wallet(UserFactory(company=scene.cast.company)), "1", key=str(number))
        book(scene.alices, "1", key=str(number))
    many = {path: statements(lambda path=path: client.get(path)) for path in paths}  # type: ignore[misc]
    assert few == many == paths


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
    assert [few, statements(lambda: client.get(path))] == [6, 6]


def test_opening_and_status(scene: Scene) -> None:
    client, nina = api_as(scene.cast.frida), UserFactory(company=scene.cast.company)
    body = {"user_id": str(nina.id), "currency": "EUR", "initial_balance": "5"}
    assert statements(lambda: client.post("/v1/wallets", body), status=201) == 12
    freeze = {"status": "FROZEN", "reason": "A test."}
    path = f"/v1/wallets/{scene.alices.id}/status"
    assert [statements(lambda: client.put(path, freeze)) for _ in range(2)] == [10, 8]


def test_an_event_of_another_service(scene: Scene) -> None:
    """The log-in, the clock, keeping and locking the row, whose it is, the wallet, budgets and limits, the booking,
    the new status."""
    client = api_as(scene.cast.bookings)
    hand_in = partial(client.post, "/v1/inbox/events")
    hand_in(booked(scene.cast.alice, "1", booking="B-0"))  # opens the clearing account
    envelope = booked(scene.cast.alice, "1", booking="B-1")
    assert statements(lambda: hand_in(envelope), status=202) == 14
    assert statements(lambda: hand_in(envelope), status=202) == 4
    assert statements(lambda: hand_in(cancelled("B-1")), status=202) == 18


FOUR_BUDGETS: tuple[dict[str, Any], ...] = (
    {},
    {"period_type": "WEEKLY"},
    {"period_type": "QUARTERLY"},
    {"categories": ["train"]},
)
THREE_LIMITS: tuple[dict[str, Any], ...] = (
    {"window": "DAILY"},
    {"window": "WEEKLY", "max_count": 90},
    {"window": "PER_TRANSACTION"},
)


def test_four_budgets_and_three_limits_cost_nothing_more(scene: Scene) -> None:
    """Whatever spends: over HTTP, by an event, held and captured. Giving back looks once for the present periods of
    budgets, however many they are."""
    bookings, alice, frida = (api_as(who) for who in (scene.cast.bookings, scene.cast.alice, scene.cast.frida))
    pay(scene, "1", reference="opens the clearing account")
    step(alice, reserve(scene.cast.alice, scene.alices, "1"), "capture", key="opens-the-account-of-the-payee")

    def costs(name: str) -> list[int]:
        body = {"type": "DEBIT", "amount": "1", "currency": "EUR", "reference_type": "trip", "reference_id": name}
        path = f"/v1/wallets/{scene.alices.id}/transactions"
        envelope = booked(scene.cast.alice, "1", booking=f"{name}-2")
        envelope["data"] |= {"category": "train"}
        hold = reserve(scene.cast.alice, scene.alices, "2", key=f"{name}-3")
        first = pay(scene, "1", reference=f"{name}-4", category="train").json()["txn_id"]
        back = {"amount": "1", "reason": "A test."}
        paid = transfer_body(scene.alices, scene.bobs, "1")
        refused = transfer_body(scene.alices, scene.bobs, "1000")
        return [
            statements(lambda: bookings.post(path, {**body, "metadata": {"category": "train"}}), status=201),
            statements(lambda: bookings.post("/v1/inbox/events", envelope), status=202),
            statements(lambda: send(alice, "/v1/transfers", paid, key=f"{name}-5"), status=201),
            statements(lambda: send(alice, "/v1/transfers", refused, key=f"{name}-6"), status=422),
            statements(lambda: step(alice, hold, "capture", key=f"{name}-7", amount="1")),
            statements(lambda: send(frida, f"/v1/transactions/{first}/refunds", back, key=f"{name}-8"), status=201),
        ]

    none = costs("none")
    for more in FOUR_BUDGETS:
        set_budget(scene.cast.bob, scene.alices, "500", **more)
    for limit in THREE_LIMITS:
        set_limit(scene.cast.bob, scene, **limit)
    *spends, giving_back = costs("seven")
    assert (spends, giving_back) == (none[:-1], none[-1] + 1)
    decided = pay(scene, "1", reference="the gates", category="train").json()["txn_id"]
    gates = alice.get(f"/v1/budget-decisions/{decided}").json()["gates"]
    kinds = [gate["gate"] for gate in gates]
    assert (kinds.count("budget"), kinds.count("limit")) == (4, 4), "amounts and a count"
