"""POST /v1/transactions/{id}/refunds: some of it back, as often as something is left of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.compliance.clients import api_as
from tests.wallets.holds import reserve, step
from tests.wallets.scene import (
    Scene,
    available,
    book,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
    transfer_body,
)


@pytest.fixture
def paid(scene: Scene) -> dict[str, Any]:
    """Alice has paid charlie 12.50."""
    body = transfer_body(scene.alices, scene.charlies, "12.5", description="Lunch", reference_id="r-1")
    answer: dict[str, Any] = send(api_as(scene.cast.alice), "/v1/transfers", body, key="pay").json()
    return answer


def refund(
    scene: Scene, txn_id: Any, amount: Any, *, key: str | None = "key-1", by: str = "frida", query: str = ""
) -> Any:
    body = {"amount": amount, "reason": "It never came."}
    return send(api_as(getattr(scene.cast, by)), f"/v1/transactions/{txn_id}/refunds{query}", body, key=key)


def document(scene: Scene, txn_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = api_as(scene.cast.frida).get(f"/v1/transactions/{txn_id}").json()
    return shown


def test_it_is_a_document_of_its_own(scene: Scene, paid: dict[str, Any]) -> None:
    response = refund(scene, paid["txn_id"], "2.5")
    assert response.status_code == 201
    made = response.json()
    assert made == document(scene, made["txn_id"])
    expected = {
        "type": "REFUND",
        "status": "COMPLETED",
        "source_wallet_id": str(scene.charlies.id),
        "destination_wallet_id": str(scene.alices.id),
        "amount": "2.50",
        "fee_amount": "0.00",
        "total_amount": "2.50",
        "original_txn_id": paid["txn_id"],
        "refunded_amount": "0.00",
        "description": "Lunch",
        "reference_id": "r-1",
        "initiated_by": str(scene.cast.frida.id),
        "version": 1,
    }
    assert {name: made[name] for name in expected} == expected
    assert (available(scene.alices), available(scene.charlies)) == (90, 10)


def test_the_original_says_what_was_given_back(scene: Scene, paid: dict[str, Any]) -> None:
    refunds = [refund(scene, paid["txn_id"], amount, key=amount).json() for amount in ("2.5", "10")]
    original = document(scene, paid["txn_id"])
    shown = {name: original[name] for name in ("state", "amount", "refunded_amount", "original_txn_id", "version")}
    assert shown == {
        "state": "COMPLETED",
        "amount": "12.50",
        "refunded_amount": "12.50",
        "original_txn_id": None,
        "version": 3,
    }
    events = api_as(scene.cast.alice).get(f"/v1/transactions/{paid['txn_id']}/events").json()["data"]
    told = [(event["type"], event["state"], event["reason"], event["metadata"]) for event in events]
    assert told == [
        ("TransactionCompleted", "COMPLETED", "", {}),
        *(
            (
                "TransactionRefunded",
                "COMPLETED",
                "It never came.",
                {"undone_by": made["txn_id"], "amount": made["amount"], "refunded_amount": total},
            )
            for made, total in zip(refunds, ("2.50", "12.50"), strict=True)
        ),
    ]


def test_never_more_than_was_paid(scene: Scene, paid: dict[str, Any]) -> None:
    refund(scene, paid["txn_id"], "10", key="first")
    with nothing_moved():
        problem = problem_of(refund(scene, paid["txn_id"], "2.51"), 422, "refund.exceeds_original")
    assert [(gate["id"], gate["required"], gate["available"]) for gate in problem["gates"]] == [
        ("refundable", "2.51", "2.50"),
        (str(scene.charlies.id), "2.51", "2.50"),  # nor has he more
    ]
    assert document(scene, problem["txn_id"])["status"] == "FAILED"
    assert document(scene, paid["txn_id"])["refunded_amount"] == "10.00"
    assert refund(scene, paid["txn_id"], "2.50", key="rest").status_code == 201


def test_the_receiver_must_still_have_it(scene: Scene, paid: dict[str, Any]) -> None:
    spend = transfer_body(scene.charlies, scene.bobs, "10")
    send(api_as(scene.cast.charlie), "/v1/transfers", spend, key="spend")
    with nothing_moved():
        problem = problem_of(refund(scene, paid["txn_id"], "2.51"), 422, "funds.insufficient")
    assert problem["gates"][0]["available"] == "2.50"


@pytest.mark.parametrize("status", ["FROZEN", "SUSPENDED"])
def test_the_receivers_wallet_must_let_it_go(scene: Scene, paid: dict[str, Any], status: str) -> None:
    set_status(scene.charlies, status, by=scene.cast.frida)
    with nothing_moved():
        problem_of(refund(scene, paid["txn_id"], "1"), 422, f"wallet.{status.lower()}")


def test_a_captured_hold(scene: Scene) -> None:
    """What was captured can be refunded, what was released cannot: the amount of the document is what was paid."""
    hold = reserve(scene.cast.alice, scene.alices, "30", destination_wallet_id=str(scene.charlies.id))
    with nothing_moved():
        problem_of(refund(scene, hold["txn_id"], "1", key="early"), 422, "transaction.not_reversible")
    step(api_as(scene.cast.alice), hold, "capture", amount="20")
    with nothing_moved():
        problem_of(refund(scene, hold["txn_id"], "20.01", key="more"), 422, "refund.exceeds_original")
    assert refund(scene, hold["txn_id"], "20").status_code == 201
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)


def test_a_top_up_and_a_booking(scene: Scene) -> None:
    top_up, booking = book(scene.alices, "5", key="up"), book(scene.alices, "-7", key="down")
    assert refund(scene, top_up, "5", key="1").json()["destination_wallet_id"] is None
    assert refund(scene, booking, "7", key="2").json()["source_wallet_id"] is None
    assert available(scene.alices) == 100


def test_refunds_and_failures_are_not_refunded(scene: Scene, paid: dict[str, Any]) -> None:
    made = refund(scene, paid["txn_id"], "1", key="first").json()
    failed = problem_of(refund(scene, paid["txn_id"], "100", key="too-much"), 422, "refund.exceeds_original")
    for number, txn_id in enumerate((made["txn_id"], failed["txn_id"])):
        with nothing_moved():
            problem_of(refund(scene, txn_id, "1", key=f"again-{number}"), 422, "transaction.not_reversible")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "money.invalid"),
        ("-1", "money.invalid"),
        (1, "money.invalid"),
        ("NaN", "money.invalid"),
        ("0.00001", "money.scale_exceeded"),
        (None, "request.validation"),
    ],
)
def test_amounts_that_cannot_be_meant(scene: Scene, paid: dict[str, Any], amount: Any, code: str) -> None:
    with nothing_recorded():
        problem = problem_of(refund(scene, paid["txn_id"], amount), 400, code)
    assert problem["errors"][0]["pointer"] == "/amount"


def test_a_reason_is_needed(scene: Scene, paid: dict[str, Any]) -> None:
    with nothing_recorded():
        path = f"/v1/transactions/{paid['txn_id']}/refunds"
        for more in ({}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "ok", "surprise": 1}):
            response = send(api_as(scene.cast.frida), path, {"amount": "1", **more})
            problem_of(response, 400, "request.validation")


def test_who_may(scene: Scene, paid: dict[str, Any]) -> None:
    assert refund(scene, paid["txn_id"], "1", by="bookings").status_code == 201
    elsewhere = make_scene()
    with nothing_recorded():
        for who in ("alice", "bob", "charlie", "conny", "audrey"):
            problem_of(refund(scene, paid["txn_id"], "1", by=who), 403, "auth.forbidden")
        problem_of(refund(elsewhere, paid["txn_id"], "1"), 404, "not_found")
        problem_of(refund(scene, uuid4(), "1"), 404, "not_found")


def test_it_needs_a_key_and_is_replayed_byte_for_byte(scene: Scene, paid: dict[str, Any]) -> None:
    problem_of(refund(scene, paid["txn_id"], "1", key=None), 400, "idempotency.key_missing")
    first = refund(scene, paid["txn_id"], "1")
    with nothing_recorded():
        again = refund(scene, paid["txn_id"], "1")
        problem_of(refund(scene, paid["txn_id"], "2"), 422, "idempotency.key_reused")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_rehearsal_changes_nothing(scene: Scene, paid: dict[str, Any]) -> None:
    with nothing_recorded():
        would = refund(scene, paid["txn_id"], "2.5", key=None, query="?dry_run=true").json()
        would_not = refund(scene, paid["txn_id"], "20", key=None, query="?dry_run=true").json()
    effects = {effect["wallet_id"]: (effect["before"], effect["after"]) for effect in would["effects"]}
    assert effects == {str(scene.alices.id): ("87.50", "90.00"), str(scene.charlies.id): ("12.50", "10.00")}
    assert would_not["refusals"][0]["code"] == "refund.exceeds_original"
