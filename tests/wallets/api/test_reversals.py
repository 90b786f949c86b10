"""POST /v1/transactions/{id}/reversals and /v1/reversals/batch: all of it back, once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.wallets.scene import (
    Scene,
    available,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    transfer_body,
)

BATCH = "/v1/reversals/batch"


def pay(scene: Scene, amount: str = "10", *, key: str = "pay") -> str:
    """Alice pays charlie."""
    body = transfer_body(scene.alices, scene.charlies, amount)
    txn_id: str = send(api_as(scene.cast.alice), "/v1/transfers", body, key=key).json()["txn_id"]
    return txn_id


def spend(scene: Scene, amount: str, *, key: str = "spend") -> None:
    """Charlie pays bob."""
    send(api_as(scene.cast.charlie), "/v1/transfers", transfer_body(scene.charlies, scene.bobs, amount), key=key)


def reverse(scene: Scene, txn_id: Any, *, key: str | None = "key-1", by: str = "frida", query: str = "") -> Any:
    path = f"/v1/transactions/{txn_id}/reversals{query}"
    return send(api_as(getattr(scene.cast, by)), path, {"reason": "Booked twice."}, key=key)


def status_of(scene: Scene, txn_id: str) -> str:
    status: str = api_as(scene.cast.frida).get(f"/v1/transactions/{txn_id}").json()["status"]
    return status


def test_everything_goes_back(scene: Scene) -> None:
    txn_id = pay(scene)
    response = reverse(scene, txn_id)
    assert response.status_code == 201
    made = response.json()
    assert made == api_as(scene.cast.frida).get(f"/v1/transactions/{made['txn_id']}").json()
    assert (made["type"], made["amount"], made["original_txn_id"]) == ("REVERSAL", "10.00", txn_id)
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)
    original = api_as(scene.cast.alice).get(f"/v1/transactions/{txn_id}").json()
    assert (original["status"], original["refunded_amount"], original["version"]) == ("REVERSED", "10.00", 2)
    first, last = api_as(scene.cast.alice).get(f"/v1/transactions/{txn_id}/events").json()["data"]
    assert (first["state"], last["type"], last["state"]) == ("COMPLETED", "TransactionReversed", "REVERSED")
    assert (last["reason"], last["metadata"]["undone_by"]) == ("Booked twice.", made["txn_id"])


def test_once(scene: Scene) -> None:
    txn_id = pay(scene)
    made = reverse(scene, txn_id, key="first").json()
    for number, id in enumerate((txn_id, made["txn_id"])):
        with nothing_moved():
            problem_of(reverse(scene, id, key=f"again-{number}"), 422, "transaction.not_reversible")


def test_not_after_a_refund_nor_a_refund_after_it(scene: Scene) -> None:
    refunded, reversed_ = pay(scene, key="a"), pay(scene, key="b")
    client, body = api_as(scene.cast.frida), {"amount": "1", "reason": "A cup was broken."}
    send(client, f"/v1/transactions/{refunded}/refunds", body, key="1")
    reverse(scene, reversed_, key="2")
    with nothing_moved():
        problem_of(reverse(scene, refunded, key="3"), 422, "transaction.not_reversible")
        refund = send(client, f"/v1/transactions/{reversed_}/refunds", body, key="4")
    problem_of(refund, 422, "transaction.not_reversible")


def test_the_receiver_must_still_have_all_of_it(scene: Scene) -> None:
    txn_id = pay(scene)
    spend(scene, "0.01")
    with nothing_moved():
        problem = problem_of(reverse(scene, txn_id), 422, "funds.insufficient")
    assert problem["gates"][0]["shortfall"] == "0.01"
    assert status_of(scene, txn_id) == "COMPLETED"
    assert status_of(scene, problem["txn_id"]) == "FAILED"


def test_who_may(scene: Scene) -> None:
    txn_id = pay(scene)
    elsewhere = make_scene()
    with nothing_recorded():
        for who in ("alice", "bob", "charlie", "conny", "audrey"):
            problem_of(reverse(scene, txn_id, by=who), 403, "auth.forbidden")
        problem_of(reverse(elsewhere, txn_id), 404, "not_found")
        problem_of(reverse(scene, uuid4()), 404, "not_found")
    assert reverse(scene, txn_id, by="bookings").status_code == 201


def test_keys_and_rehearsals(scene: Scene) -> None:
    txn_id = pay(scene)
    problem_of(reverse(scene, txn_id, key=None), 400, "idempotency.key_missing")
    with nothing_recorded():
        would = reverse(scene, txn_id, key=None, query="?dry_run=true").json()
    assert (would["would_apply"], len(would["effects"])) == (True, 2)
    first = reverse(scene, txn_id)
    with nothing_recorded():
        assert reverse(scene, txn_id).content == first.content


def batch(scene: Scene, txn_ids: list[str], *, atomic: bool, by: str = "frida") -> Any:
    rows = [{"idempotency_key": f"undo-{id}", "txn_id": id, "reason": "Wrong file."} for id in txn_ids]
    return api_as(getattr(scene.cast, by)).post(BATCH, {"atomic": atomic, "reversals": rows})


def three(scene: Scene) -> list[str]:
    return [pay(scene, amount, key=amount) for amount in ("10", "20", "30")]


def outcomes(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [row["problem"]["code"] if "problem" in row else row["status"] for row in response.json()["results"]]


@pytest.mark.parametrize("atomic", [False, True])
def test_a_batch(scene: Scene, atomic: bool) -> None:
    txn_ids = three(scene)
    response = batch(scene, txn_ids, atomic=atomic)
    assert outcomes(response) == ["COMPLETED"] * 3
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)
    assert [status_of(scene, id) for id in txn_ids] == ["REVERSED"] * 3
    with nothing_recorded():
        assert batch(scene, txn_ids, atomic=atomic).json() == response.json()


def test_a_refused_row_harms_nobody(scene: Scene) -> None:
    txn_ids = three(scene)
    spend(scene, "25")  # 35 are left
    assert outcomes(batch(scene, txn_ids, atomic=False)) == ["COMPLETED", "COMPLETED", "funds.insufficient"]
    assert (available(scene.alices), available(scene.charlies)) == (70, 5)


def test_all_or_none(scene: Scene) -> None:
    txn_ids = three(scene)
    spend(scene, "25")
    with nothing_moved():
        problem = problem_of(batch(scene, txn_ids, atomic=True), 422, "funds.insufficient")
    assert (problem["index"], problem["gates"][0]["available"]) == (2, "5.00")
    assert [status_of(scene, id) for id in txn_ids] == ["COMPLETED"] * 3
    assert outcomes(batch(scene, txn_ids[:2], atomic=True)) == ["COMPLETED"] * 2


def test_the_same_transaction_twice(scene: Scene) -> None:
    txn_id = pay(scene)
    rows = [{"idempotency_key": key, "txn_id": txn_id, "reason": "Wrong."} for key in ("a", "b")]
    client = api_as(scene.cast.frida)
    with nothing_moved():
        unit = client.post(BATCH, {"atomic": True, "reversals": rows})
    assert problem_of(unit, 422, "transaction.not_reversible")["index"] == 1
    rows[1]["idempotency_key"] = "c"
    response = client.post(BATCH, {"atomic": False, "reversals": rows})
    assert outcomes(response) == ["COMPLETED", "transaction.not_reversible"]
    assert available(scene.alices) == 100


@pytest.mark.parametrize("atomic", [False, True])
def test_rows_out_of_reach(scene: Scene, atomic: bool) -> None:
    elsewhere = make_scene()
    response = batch(scene, [pay(elsewhere), str(uuid4())], atomic=atomic)
    if atomic:
        assert problem_of(response, 404, "not_found")["index"] == 0
    else:
        assert outcomes(response) == ["not_found", "not_found"]
    assert available(elsewhere.alices) == 90


def test_who_may_send_a_batch(scene: Scene) -> None:
    txn_id = pay(scene)
    with nothing_recorded():
        for who in ("alice", "bob", "conny", "audrey"):
            problem_of(batch(scene, [txn_id], atomic=True, by=who), 403, "auth.forbidden")
    assert outcomes(batch(scene, [txn_id], atomic=True, by="bookings")) == ["COMPLETED"]


@pytest.mark.parametrize("count", [0, 1001])
def test_how_many(scene: Scene, count: int) -> None:
    rows = [{"idempotency_key": f"k{n}", "txn_id": str(uuid4()), "reason": "Wrong."} for n in range(count)]
    response = api_as(scene.cast.frida).post(BATCH, {"atomic": False, "reversals": rows})
    problem_of(response, 400, "request.validation")
