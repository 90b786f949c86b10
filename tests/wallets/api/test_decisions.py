"""GET /v1/transactions/{id}/decision: every gate with its figures of that moment, for those whom they concern."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.stages import TransactionState
from ledger.selectors.holds import hold_of
from ledger.services import journal
from ledger.services.holds import Step, advance
from ledger.services.movements import Claim
from tests.compliance.clients import api_as
from tests.wallets.holds import figures, let_expire, reserve, step
from tests.wallets.scene import ORIGIN, Scene, problem_of, send, set_status, transfer_body
from wallets.selectors.reservations import find_visible_reservations


def decision(scene: Scene, txn_id: Any, *, by: str = "alice") -> dict[str, Any]:
    response = api_as(getattr(scene.cast, by)).get(f"/v1/transactions/{txn_id}/decision")
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def pay(scene: Scene, amount: str, **more: Any) -> dict[str, Any]:
    body = transfer_body(scene.alices, scene.charlies, amount, **more)
    answer: dict[str, Any] = send(api_as(scene.cast.alice), "/v1/transfers", body).json()
    return answer


def gate(kind: str, id: Any, *figures: str | None, ok: bool = True) -> dict[str, Any]:
    required, available, shortfall = figures or (None, None, None)
    told = {"required": required, "available": available, "shortfall": shortfall, "resets_at": None, "name": None}
    return {"gate": kind, "id": str(id), "ok": ok, **told}


def test_a_yes(scene: Scene) -> None:
    paid = pay(scene, "12.5")
    assert decision(scene, paid["txn_id"]) == {
        "txn_id": paid["txn_id"],
        "outcome": "ACCEPTED",
        "code": None,
        "decided_at": paid["created_at"],
        "gates": [
            gate("wallet", scene.alices.id),
            gate("currency", scene.alices.id),
            gate("funds", scene.alices.id, "12.50", "100.00", None),
            gate("wallet", scene.charlies.id),
            gate("currency", scene.charlies.id),
            gate("limit", "account.maximum"),
        ],
        "later": [],
    }


def test_a_no_with_every_gate_that_failed(scene: Scene) -> None:
    set_status(scene.alices, "SUSPENDED", by=scene.cast.bob)
    refused = pay(scene, "120", conditions={"version": 7})
    told = decision(scene, refused["txn_id"])
    assert (told["outcome"], told["code"]) == ("REFUSED", "wallet.suspended")
    assert [one for one in told["gates"] if not one["ok"]] == [
        gate("wallet", scene.alices.id, ok=False),
        gate("funds", scene.alices.id, "120.00", "100.00", "20.00", ok=False),
        gate("condition", "version", "7", "3", "4", ok=False),
    ]


def test_the_figures_are_those_of_that_moment(scene: Scene) -> None:
    paid = pay(scene, "12.5")
    before = decision(scene, paid["txn_id"])
    reserve(scene.cast.alice, scene.alices, "80")
    assert decision(scene, paid["txn_id"]) == before


def test_the_receiver_does_not_learn_what_the_payer_had(scene: Scene) -> None:
    paid = pay(scene, "12.5", conditions={"available_gte": "50", "version": 2})
    told = decision(scene, paid["txn_id"], by="charlie")
    assert {one["gate"] for one in told["gates"]} == {"wallet", "currency", "funds", "limit", "condition"}
    for one in told["gates"]:
        assert (one["required"], one["available"], one["shortfall"]) == (None, None, None)
    seen = [one["available"] for one in decision(scene, paid["txn_id"], by="bob")["gates"] if one["available"]]
    assert seen == ["100.00", "100.00", "2"]


def test_a_refund_tells_the_receiver_of_the_original_what_was_there(scene: Scene) -> None:
    paid = pay(scene, "12.5")
    body = {"amount": "2.5", "reason": "A test."}
    made = send(api_as(scene.cast.frida), f"/v1/transactions/{paid['txn_id']}/refunds", body, key="r").json()

    def shown(by: str) -> dict[str, str | None]:
        return {one["gate"]: one["available"] for one in decision(scene, made["txn_id"], by=by)["gates"]}

    of_charlie = shown("charlie")  # who pays it back
    assert (of_charlie["condition"], of_charlie["funds"]) == ("12.50", "12.50")
    of_alice = shown("alice")
    assert (of_alice["condition"], of_alice["funds"]) == (None, None)


def test_what_was_decided_later_about_a_hold(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    hold = reserve(scene.cast.alice, scene.alices, "30", destination_wallet_id=str(scene.charlies.id))
    step(client, hold, "capture", key="1", amount="40")
    step(client, hold, "capture", key="2", amount="10", final=False)
    step(client, hold, "extend", key="3", expires_in=60)
    let_expire(hold)
    step(client, hold, "capture", key="4")
    told = decision(scene, hold["txn_id"])
    assert (told["outcome"], told["gates"][2]) == ("ACCEPTED", gate("funds", scene.alices.id, "30.00", "100.00", None))
    assert [(later["wanted"], later["outcome"], later["code"]) for later in told["later"]] == [
        ("CAPTURE", "REFUSED", "reservation.capture_exceeds"),
        ("CAPTURE", "ACCEPTED", None),
        ("EXTEND", "ACCEPTED", None),
        ("EXTEND", "ACCEPTED", None),
        ("CAPTURE", "REFUSED", "reservation.expired"),
    ]
    assert told["later"][0]["gates"][0] == gate("condition", "rest", "40.00", "30.00", "10.00", ok=False)
    events = client.get(f"/v1/transactions/{hold['txn_id']}/events").json()["data"]
    assert [later["event_id"] for later in told["later"]] == [event["event_id"] for event in events[1:]]


def test_the_history_of_a_hold(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    hold = reserve(scene.cast.alice, scene.alices, "30", destination_wallet_id=str(scene.charlies.id))
    step(client, hold, "capture", key="1", amount="40")
    step(client, hold, "capture", key="2", amount="10", final=False)
    released = step(client, hold, "release", key="3", reason="Left early.").json()
    events = client.get(f"/v1/transactions/{hold['txn_id']}/events").json()["data"]
    told = [(event["seq"], event["type"], event["state"], event["reason"]) for event in events]
    assert told == [
        (1, "ReservationCreated", "BALANCE_RESERVED", ""),
        (2, "ReservationRefused", "BALANCE_RESERVED", "reservation.capture_exceeds"),
        (3, "ReservationCaptured", "BALANCE_RESERVED", ""),
        (4, "ReservationReleased", "COMPLETED", "Left early."),
    ]
    own = {"reservation_id": hold["reservation_id"], "expires_at": hold["expires_at"]}
    figures_after = {"captured_amount": "10.00", "released_amount": "20.00"}
    assert events[0]["metadata"] == own
    assert events[1]["metadata"] == {"reservation_id": hold["reservation_id"], "wanted": "CAPTURE"}
    assert events[3]["metadata"] == own | figures_after | {"amount": "20.00"}
    assert (released["status"], figures(scene.alices)) == ("RELEASED", (90, 0, 0))


def test_what_the_payer_was_refused_is_not_the_receivers_business(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "30", destination_wallet_id=str(scene.charlies.id))
    set_status(scene.alices, "FROZEN", by=scene.cast.bob)
    step(api_as(scene.cast.alice), hold, "capture")
    charlie = api_as(scene.cast.charlie)
    events = charlie.get(f"/v1/transactions/{hold['txn_id']}/events").json()["data"]
    assert [event["type"] for event in events] == ["ReservationCreated"]
    told = decision(scene, hold["txn_id"], by="charlie")
    assert (told["later"], {one["available"] for one in told["gates"]}) == ([], {None})
    assert len(decision(scene, hold["txn_id"], by="bob")["later"]) == 1


def test_a_refusal_that_asked_no_gate(scene: Scene) -> None:
    paid = pay(scene, "1")
    client, body = api_as(scene.cast.frida), {"reason": "A test."}
    send(client, f"/v1/transactions/{paid['txn_id']}/reversals", body, key="1")
    again = send(client, f"/v1/transactions/{paid['txn_id']}/reversals", body, key="2")
    told = decision(scene, problem_of(again, 422, "transaction.not_reversible")["txn_id"], by="frida")
    assert (told["outcome"], told["code"], told["gates"]) == ("REFUSED", "transaction.not_reversible", [])


@pytest.mark.parametrize("by", ["charlie", "alice"])
def test_what_one_may_not_see_is_not_there(scene: Scene, by: str) -> None:
    hidden = pay(scene, "1000")["txn_id"] if by == "charlie" else str(scene.alices.id)
    response = api_as(getattr(scene.cast, by)).get(f"/v1/transactions/{hidden}/decision")
    problem_of(response, 404, "not_found")


def test_how_far_a_provider_has_come(scene: Scene) -> None:
    hold = reserve(scene.cast.alice, scene.alices, "30")
    (row,) = find_visible_reservations(scene.cast.frida)
    report = Step(claim=Claim(scope="test", key="sent", request_hash=b""), origin=ORIGIN)
    stage = TransactionState.SENT_TO_PROVIDER
    journal.post([advance(hold_of(row), report, state=stage, reason="Given to the bank.", metadata={"batch": "7"})])
    client = api_as(scene.cast.alice)
    last = client.get(f"/v1/transactions/{hold['txn_id']}/events").json()["data"][-1]
    assert (last["type"], last["state"], last["reason"]) == ("ReservationAdvanced", stage, "Given to the bank.")
    assert last["metadata"]["batch"] == "7"
    problem_of(step(client, hold, "release"), 412, "precondition.failed")
    later = [(one["wanted"], one["code"]) for one in decision(scene, hold["txn_id"])["later"]]
    assert later == [("ADVANCE", None), ("RELEASE", "precondition.failed")]
