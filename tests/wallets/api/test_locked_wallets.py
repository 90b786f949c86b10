"""Money and locks: it leaves a wallet for the lock's holder only, and comes in as always (C14)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.wallets.held import hold, let_lapse, presenting
from tests.wallets.scene import Scene, available, nothing_recorded, problem_of, send, transfer_body

BOOKING = {"amount": "10.00", "currency": "EUR", "reference_type": "booking"}


def pay(scene: Scene, route: str, lock_id: Any = None, *, name: str = "a", query: str = "") -> Any:
    """10.00 out of alice's wallet, over one of the routes."""
    client = api_as(scene.cast.bookings)
    if lock_id is not None:
        presenting(client, lock_id)
    body = transfer_body(scene.alices, scene.bobs)
    match route:
        case "transfer":
            return send(client, f"/v1/transfers{query}", body, key=name)
        case "batch":
            rows = [{"idempotency_key": name, **body}]
            return client.post("/v1/transfers/batch", {"atomic": True, "transfers": rows})
        case "booking":
            booking = {"type": "DEBIT", "reference_id": name, **BOOKING}
            return client.post(f"/v1/wallets/{scene.alices.id}/transactions{query}", booking)
        case _:
            id = f"5f0c1a52-6d0b-4d56-9a55-{name.encode().hex():0>12}"
            accounts = {"from_account": str(scene.alices.id), "to_account": str(scene.bobs.id)}
            body = {**accounts, "amount": "10.00", "currency": "EUR", "transaction_id": id}
            return client.post(f"/v1/wallet/balance_transfer{query}", body)


SOME_ID = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1"
ROUTES = pytest.mark.parametrize("route", ["transfer", "batch", "booking", "seeds"])


def is_paid(response: Any) -> bool:
    assert response.status_code in {200, 201}, response.content
    return True


@ROUTES
def test_nothing_leaves_under_the_lock_of_another(scene: Scene, route: str) -> None:
    hold(scene.alices, by=scene.cast.frida)
    with nothing_recorded():
        response = pay(scene, route)
        problem_of(response, 409, "lock.timeout")
        assert response.headers["Retry-After"] == "30"
    let_lapse(scene.alices)
    assert is_paid(pay(scene, route))  # the key was not used up
    assert available(scene.alices) == 90


@ROUTES
def test_the_holder_gets_through(scene: Scene, route: str) -> None:
    held = hold(scene.alices, by=scene.cast.bookings)
    with nothing_recorded():
        problem_of(pay(scene, route), 409, "lock.timeout")  # it has to say so
        problem_of(pay(scene, route, new_id()), 409, "lock.timeout")
    assert is_paid(pay(scene, route, held.lock_id))
    assert available(scene.alices) == 90


@ROUTES
def test_whoever_has_slept_through_the_end_of_his_lock_is_refused(scene: Scene, route: str) -> None:
    former = hold(scene.alices, by=scene.cast.bookings)
    let_lapse(scene.alices)
    with nothing_recorded():
        problem_of(pay(scene, route, former.lock_id), 412, "precondition.failed")
    present = hold(scene.alices, by=scene.cast.bookings)
    with nothing_recorded():
        problem_of(pay(scene, route, former.lock_id), 409, "lock.timeout")
    assert is_paid(pay(scene, route, present.lock_id))


@ROUTES
def test_an_answer_that_was_given_is_repeated_whoever_holds_the_wallet(scene: Scene, route: str) -> None:
    first = pay(scene, route)
    hold(scene.alices, by=scene.cast.frida)
    with nothing_recorded():
        again = pay(scene, route)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert pay(scene, route, new_id()).content == first.content
        problem_of(pay(scene, route, name="b"), 409, "lock.timeout")


@pytest.mark.parametrize("route", ["transfer", "booking", "seeds"])
def test_a_dry_run_meets_the_same_lock(scene: Scene, route: str) -> None:
    held = hold(scene.alices, by=scene.cast.frida)
    with nothing_recorded():
        problem_of(pay(scene, route, query="?dry_run=true"), 409, "lock.timeout")
        assert pay(scene, route, held.lock_id, query="?dry_run=true").json()["would_apply"] is True


def test_money_comes_in_as_always(scene: Scene) -> None:
    hold(scene.bobs, by=scene.cast.frida)
    assert is_paid(pay(scene, "transfer"))
    credit = {"type": "CREDIT", "reference_id": "c", **BOOKING}
    response = api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.bobs.id}/transactions", credit)
    assert is_paid(response)
    assert available(scene.bobs) == 20


def test_staff_can_always_freeze(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.bookings)
    path = f"/v1/wallets/{scene.alices.id}/status"
    assert api_as(scene.cast.conny).put(path, {"status": "FROZEN", "reason": "Phone lost."}).status_code == 200


def test_a_row_out_of_a_locked_wallet_is_that_rows_problem(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.frida)
    client = api_as(scene.cast.frida)
    send(client, "/v1/transfers", transfer_body(scene.bobs, scene.charlies, "0.01"), key="poor")
    rows = [
        {"idempotency_key": "locked", **transfer_body(scene.alices, scene.bobs)},
        {"idempotency_key": "unlocked", **transfer_body(scene.bobs, scene.charlies)},
    ]
    answer = client.post("/v1/transfers/batch", {"atomic": False, "transfers": rows}).json()
    codes = [row["problem"]["code"] for row in answer["results"]]
    assert codes == ["lock.timeout", "funds.insufficient"]
    assert available(scene.alices) == 100


def test_with_a_lock_every_wallet_that_pays_must_be_held_by_it(scene: Scene) -> None:
    held = hold(scene.alices, by=scene.cast.frida)
    client = presenting(api_as(scene.cast.frida), held.lock_id)
    rows = [
        {"idempotency_key": "held", **transfer_body(scene.alices, scene.bobs, "60")},
        {"idempotency_key": "free", **transfer_body(scene.bobs, scene.charlies, "1")},
    ]
    results = client.post("/v1/transfers/batch", {"atomic": False, "transfers": rows}).json()["results"]
    assert results[0]["status"] == "COMPLETED"
    assert results[1]["problem"]["code"] == "precondition.failed"
    with nothing_recorded():
        atomic = client.post(
            "/v1/transfers/batch",
            {"atomic": True, "transfers": [{**row, "idempotency_key": f"{row['idempotency_key']}2"} for row in rows]},
        )
        assert problem_of(atomic, 412, "precondition.failed")["index"] == 1
    assert (available(scene.alices), available(scene.bobs)) == (Decimal(40), Decimal(60))


@pytest.mark.parametrize("header", ["", "no id", "*", f"{SOME_ID}, {SOME_ID}", f"{{{SOME_ID}}}"])
@ROUTES
def test_a_lock_that_is_no_id_is_refused(scene: Scene, route: str, header: str) -> None:
    with nothing_recorded():
        problem_of(pay(scene, route, header), 400, "request.validation")


@ROUTES
def test_the_lock_is_looked_up_with_the_wallets(scene: Scene, route: str) -> None:
    pay(scene, route, name="first")

    def cost(name: str, lock_id: Any = None) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert is_paid(pay(scene, route, lock_id, name=name))
        return len(captured)

    free = cost("free")
    held = hold(scene.alices, by=scene.cast.bookings)
    assert cost("held", held.lock_id) == free
