"""/v1/transactions/{id}, its events and its entries: what happened, for those whom it concerns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, make_scene, problem_of, send, transfer_body

PARTS = ("", "/events", "/entries")


@pytest.fixture
def paid(scene: Scene) -> dict[str, Any]:
    """Alice has paid charlie 12.50."""
    body = transfer_body(scene.alices, scene.charlies, "12.5", description="Lunch", metadata={"seat": 1})
    answer: dict[str, Any] = send(api_as(scene.cast.alice), "/v1/transfers", body).json()
    return answer


@pytest.fixture
def refused_id(scene: Scene) -> str:
    """Alice wanted to pay charlie 1,000."""
    response = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies, "1000"))
    id: str = problem_of(response, 422, "funds.insufficient")["txn_id"]
    return id


def test_the_document(scene: Scene, paid: dict[str, Any]) -> None:
    response = api_as(scene.cast.alice).get(f"/v1/transactions/{paid['txn_id']}")
    assert response.headers["ETag"] == '"v1"'
    assert response.json() == {
        "txn_id": paid["txn_id"],
        "type": "TRANSFER",
        "state": "COMPLETED",
        "status": "COMPLETED",
        "source_wallet_id": str(scene.alices.id),
        "destination_wallet_id": str(scene.charlies.id),
        "amount": "12.50",
        "fee_amount": "0.00",
        "total_amount": "12.50",
        "currency": "EUR",
        "original_txn_id": None,
        "refunded_amount": "0.00",
        "reference_id": "",
        "reference_type": "",
        "description": "Lunch",
        "metadata": {"seat": 1},
        "initiated_by": str(scene.cast.alice.id),
        "created_at": paid["created_at"],
        "updated_at": paid["created_at"],
        "completed_at": paid["created_at"],
        "version": 1,
    }


def test_a_refused_document(scene: Scene, refused_id: str) -> None:
    client = api_as(scene.cast.alice)
    document = client.get(f"/v1/transactions/{refused_id}").json()
    shown = {name: document[name] for name in ("state", "status", "amount", "completed_at")}
    assert shown == {"state": "FAILED", "status": "FAILED", "amount": "1000.00", "completed_at": None}
    assert client.get(f"/v1/transactions/{refused_id}/entries").json() == {"data": []}
    (event,) = client.get(f"/v1/transactions/{refused_id}/events").json()["data"]
    assert (event["type"], event["reason"]) == ("TransactionFailed", "funds.insufficient")


def test_its_events(scene: Scene, paid: dict[str, Any]) -> None:
    (event,) = api_as(scene.cast.alice).get(f"/v1/transactions/{paid['txn_id']}/events").json()["data"]
    assert event.pop("event_id")
    assert event == {
        "type": "TransactionCompleted",
        "state": "COMPLETED",
        "seq": 1,
        "effective_at": paid["created_at"],
        "recorded_at": paid["created_at"],
        "reason": "",
        "actor_id": str(scene.cast.alice.id),
        "metadata": {},
    }


def test_its_entries_add_up_to_zero(scene: Scene, paid: dict[str, Any]) -> None:
    entries = api_as(scene.cast.frida).get(f"/v1/transactions/{paid['txn_id']}/entries").json()["data"]
    assert sum(Decimal(entry["amount"]) for entry in entries) == 0
    shown = [
        {name: value for name, value in entry.items() if name not in {"entry_id", "event_id", "account_id"}}
        for entry in entries
    ]
    common = {"bucket": "AVAILABLE", "book": "money", "currency": "EUR"}
    out = {"wallet_id": str(scene.alices.id), "amount": "-12.50", "balance_after": "87.50", "account_seq": 2}
    into = {"wallet_id": str(scene.charlies.id), "amount": "12.50", "balance_after": "12.50", "account_seq": 1}
    assert shown == [{**out, **common}, {**into, **common}]
    assert len({entry["entry_id"] for entry in entries}) == len({entry["account_id"] for entry in entries}) == 2


@pytest.mark.parametrize(
    ("caller", "own", "others"), [("alice", "alices", "charlies"), ("charlie", "charlies", "alices")]
)
def test_entries_hide_what_the_other_side_has(
    scene: Scene, paid: dict[str, Any], caller: str, own: str, others: str
) -> None:
    client = api_as(getattr(scene.cast, caller))
    entries = client.get(f"/v1/transactions/{paid['txn_id']}/entries").json()["data"]
    by_wallet = {entry["wallet_id"]: (entry["balance_after"], entry["account_seq"]) for entry in entries}
    assert None not in by_wallet[str(getattr(scene, own).id)]
    assert by_wallet[str(getattr(scene, others).id)] == (None, None)


def test_the_companys_own_account_shows_no_balance(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    (opening,) = client.get(f"/v1/wallets/{scene.alices.id}/transactions").json()["transactions"]
    entries = client.get(f"/v1/transactions/{opening['txn_id']}/entries").json()["data"]
    (system,) = [entry for entry in entries if entry["wallet_id"] is None]
    assert (system["bucket"], system["amount"], system["balance_after"], system["account_seq"]) == (
        "SYSTEM",
        "-100.00",
        None,
        None,
    )


SEES_PAID = {"alice": 200, "bob": 200, "charlie": 200, "frida": 200, "conny": 200, "audrey": 200, "bookings": 200}
SEES_REFUSED = {**SEES_PAID, "charlie": 404}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("caller", SEES_PAID)
def test_who_sees_it(scene: Scene, paid: dict[str, Any], caller: str, part: str) -> None:
    client = api_as(getattr(scene.cast, caller))
    assert client.get(f"/v1/transactions/{paid['txn_id']}{part}").status_code == SEES_PAID[caller]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("caller", SEES_REFUSED)
def test_a_refused_payment_is_not_the_receivers_business(scene: Scene, refused_id: str, caller: str, part: str) -> None:
    client = api_as(getattr(scene.cast, caller))
    assert client.get(f"/v1/transactions/{refused_id}{part}").status_code == SEES_REFUSED[caller]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_hidden_looks_like_what_does_not_exist(scene: Scene, refused_id: str, part: str) -> None:
    foreign = make_scene()
    (opening,) = api_as(foreign.cast.alice).get(f"/wallets/{foreign.alices.id}/transactions").json()["transactions"]
    client = api_as(scene.cast.charlie)
    bodies = []
    for id in (refused_id, opening["txn_id"], str(uuid4()), str(scene.charlies.id)):
        path = f"/v1/transactions/{id}{part}"
        body = problem_of(client.get(path), 404, "not_found")
        assert body.pop("instance") == path
        del body["request_id"]
        bodies.append(body)
    assert all(body == bodies[0] for body in bodies)


def test_a_bystander_does_not_see_it(scene: Scene) -> None:
    body = transfer_body(scene.alices, scene.bobs)
    txn_id = send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"]
    for part in PARTS:
        problem_of(api_as(scene.cast.charlie).get(f"/v1/transactions/{txn_id}{part}"), 404, "not_found")


def test_no_parameters(scene: Scene, paid: dict[str, Any]) -> None:
    for part in PARTS:
        response = api_as(scene.cast.alice).get(f"/v1/transactions/{paid['txn_id']}{part}?fields=all")
        problem_of(response, 400, "request.validation")
