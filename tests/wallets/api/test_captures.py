"""What becomes of a hold over HTTP: captured, released, extended; who may, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from compliance.models import Caller
from ledger.services.holds import expire_holds
from tests.compliance.clients import api_as
from tests.wallets.holds import PATH, figures, let_expire, reserve, step
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
)

STEPS: dict[str, dict[str, Any]] = {"capture": {}, "release": {}, "extend": {"expires_in": 60}}


@pytest.fixture
def hold(scene: Scene) -> dict[str, Any]:
    """Alice has 30.00 of her 100.00 reserved for charlie."""
    return reserve(scene.cast.alice, scene.alices, destination_wallet_id=str(scene.charlies.id))


@pytest.fixture
def open_hold(scene: Scene) -> dict[str, Any]:
    """30.00 of alice's, for whoever a capture will name."""
    return reserve(scene.cast.alice, scene.alices, key="open")


def amounts(body: dict[str, Any]) -> tuple[str, str, str]:
    return body["captured_amount"], body["released_amount"], body["status"]


def document_of(scene: Scene, hold: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = api_as(scene.cast.alice).get(f"/v1/transactions/{hold['txn_id']}").json()
    return document


def test_all_of_it(scene: Scene, hold: dict[str, Any]) -> None:
    captured = step(api_as(scene.cast.alice), hold, "capture")
    assert captured.status_code == 200
    assert captured.json() == hold | {"captured_amount": "30.00", "status": "COMPLETED"}
    assert (figures(scene.alices), figures(scene.charlies)) == ((70, 0, 0), (30, 0, 0))
    document = document_of(scene, hold)
    assert (document["state"], document["amount"], document["version"]) == ("COMPLETED", "30.00", 2)
    assert document["completed_at"] == document["updated_at"]


def test_in_parts_and_the_rest_given_back(scene: Scene, hold: dict[str, Any]) -> None:
    client = api_as(scene.cast.alice)
    first = step(client, hold, "capture", key="1", amount="12", final=False).json()
    assert amounts(first) == ("12.00", "0.00", "ACTIVE")
    assert (figures(scene.alices), figures(scene.charlies)) == ((70, 18, 0), (12, 0, 18))
    last = step(client, hold, "capture", key="2", amount="8").json()
    assert amounts(last) == ("20.00", "10.00", "COMPLETED")
    assert (figures(scene.alices), figures(scene.charlies)) == ((80, 0, 0), (20, 0, 0))
    document = document_of(scene, hold)
    assert (document["amount"], document["status"], document["version"]) == ("20.00", "COMPLETED", 3)


def test_the_last_part_ends_it_final_or_not(scene: Scene, hold: dict[str, Any]) -> None:
    captured = step(api_as(scene.cast.alice), hold, "capture", amount="30.00", final=False).json()
    assert amounts(captured) == ("30.00", "0.00", "COMPLETED")


def test_more_than_is_left(scene: Scene, hold: dict[str, Any]) -> None:
    client = api_as(scene.cast.alice)
    step(client, hold, "capture", key="1", amount="12", final=False)
    with nothing_moved():
        refused = step(client, hold, "capture", key="2", amount="18.01", final=False)
    problem = problem_of(refused, 422, "reservation.capture_exceeds")
    assert problem["txn_id"] == hold["txn_id"]
    (gate,) = problem["gates"]
    assert gate == {
        "gate": "condition",
        "id": "rest",
        "required": "18.01",
        "available": "18.00",
        "shortfall": "0.01",
        "name": None,
        "resets_at": None,
    }
    with nothing_recorded():
        assert step(client, hold, "capture", key="2", amount="18.01", final=False).content == refused.content
    assert amounts(step(client, hold, "capture", key="3").json()) == ("30.00", "0.00", "COMPLETED")


def test_a_destination_said_by_the_capture(scene: Scene, open_hold: dict[str, Any]) -> None:
    client = api_as(scene.cast.alice)
    to_bob, to_charlie = (
        {"amount": "5", "final": False, "destination_wallet_id": str(wallet.id)}
        for wallet in (scene.bobs, scene.charlies)
    )
    step(client, open_hold, "capture", key="1", **to_bob)
    with nothing_moved():
        refused = step(client, open_hold, "capture", key="2", **to_charlie)
    assert problem_of(refused, 412, "precondition.failed")["gates"][0]["id"] == "destination"
    step(client, open_hold, "capture", key="3", **to_bob)
    step(client, open_hold, "capture", key="4", amount="1")
    assert (figures(scene.alices), available(scene.bobs), available(scene.charlies)) == ((89, 0, 0), 11, 0)
    assert document_of(scene, open_hold)["destination_wallet_id"] == str(scene.bobs.id)


def test_nobodys_wallet(scene: Scene, open_hold: dict[str, Any]) -> None:
    """The money leaves to a payee outside of the service; the company owes it to him."""
    client = api_as(scene.cast.alice)
    with nothing_recorded():
        step(client, f"{open_hold['reservation_id']}", "capture?dry_run=true")
    step(client, open_hold, "capture", key="1", amount="10", final=False)
    entries = api_as(scene.cast.frida).get(f"/v1/transactions/{open_hold['txn_id']}/entries").json()["data"]
    assert [entry["amount"] for entry in entries if entry["wallet_id"] is None] == ["10.00"]
    with nothing_moved():
        later = step(client, open_hold, "capture", key="2", destination_wallet_id=str(scene.bobs.id))
    problem_of(later, 412, "precondition.failed")


def test_destinations_that_cannot_be(scene: Scene, open_hold: dict[str, Any]) -> None:
    client, elsewhere = api_as(scene.cast.alice), make_scene().alices
    with nothing_recorded():
        for id in (uuid4(), elsewhere.id):
            capture = step(client, open_hold, "capture", destination_wallet_id=str(id))
            problem_of(capture, 404, "not_found")
    dollars = give_wallet(scene.cast.charlie, currency="USD", type="SAVINGS")
    for key, wallet, code in (("1", scene.alices, "transfer.same_wallet"), ("2", dollars, "currency.mismatch")):
        with nothing_moved():
            capture = step(client, open_hold, "capture", key=key, destination_wallet_id=str(wallet.id))
        problem_of(capture, 422, code)


def test_release(scene: Scene, hold: dict[str, Any]) -> None:
    released = step(api_as(scene.cast.alice), hold, "release", reason="The guest left.")
    assert released.json() == hold | {"released_amount": "30.00", "status": "RELEASED"}
    assert (figures(scene.alices), figures(scene.charlies)) == ((100, 0, 0), (0, 0, 0))
    assert document_of(scene, hold)["status"] == "CANCELLED"


def test_extend(scene: Scene, hold: dict[str, Any]) -> None:
    client = api_as(scene.cast.alice)
    with nothing_moved():
        extended = step(client, hold, "extend", expires_in=2_592_000).json()
    later, before = (datetime.fromisoformat(shown["expires_at"]) for shown in (extended, hold))
    assert (later - before).days == 29
    assert extended | {"expires_at": hold["expires_at"]} == hold
    with nothing_recorded():
        for seconds in (0, 2_592_001, "60"):
            problem_of(step(client, hold, "extend", key="no", expires_in=seconds), 400, "request.validation")
        problem_of(step(client, hold, "extend", key="no"), 400, "request.validation")


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("swept", [False, True])
def test_the_deadline_binds_whether_or_not_the_sweeper_has_run(
    scene: Scene, hold: dict[str, Any], name: str, swept: bool
) -> None:
    let_expire(hold)
    assert (expire_holds() if swept else 1) == 1
    with nothing_moved():
        refused = step(api_as(scene.cast.alice), hold, name, **STEPS[name])
    problem_of(refused, 409, "reservation.expired")
    assert figures(scene.alices) == ((100, 0, 0) if swept else (70, 30, 0))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("ended_by", ["capture", "release"])
def test_what_has_ended_has_ended(scene: Scene, hold: dict[str, Any], name: str, ended_by: str) -> None:
    client = api_as(scene.cast.alice)
    step(client, hold, ended_by, key="end")
    with nothing_moved():
        problem_of(step(client, hold, name, **STEPS[name]), 409, "reservation.not_open")


@pytest.mark.parametrize("name", STEPS)
def test_who_may(scene: Scene, name: str) -> None:
    cast = scene.cast
    callers: tuple[Caller, ...] = (cast.alice, cast.bob, cast.frida, cast.bookings)
    for number, who in enumerate(callers):
        hold = reserve(cast.alice, scene.alices, "1", key=f"hold-{number}")
        assert step(api_as(who), hold, name, **STEPS[name]).status_code == 200
    hold = reserve(cast.alice, scene.alices, "1", key="last", destination_wallet_id=str(scene.charlies.id))
    elsewhere = make_scene().cast
    with nothing_recorded():
        problem_of(step(api_as(cast.charlie), hold, name, **STEPS[name]), 404, "not_found")  # the receiver
        problem_of(step(api_as(elsewhere.frida), hold, name, **STEPS[name]), 404, "not_found")
        problem_of(step(api_as(cast.frida), str(uuid4()), name, **STEPS[name]), 404, "not_found")
        for who in (cast.conny, cast.audrey):
            problem_of(step(api_as(who), hold, name, **STEPS[name]), 403, "auth.forbidden")


@pytest.mark.parametrize("name", STEPS)
def test_it_needs_a_key_and_is_replayed_byte_for_byte(scene: Scene, hold: dict[str, Any], name: str) -> None:
    client, path = api_as(scene.cast.alice), f"{PATH}/{hold['reservation_id']}/{name}"
    problem_of(send(client, path, STEPS[name], key=None), 400, "idempotency.key_missing")
    first = send(client, path, STEPS[name])
    with nothing_recorded():
        again = send(client, path, STEPS[name])
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = reserve(scene.cast.alice, scene.alices, "1", key="other", destination_wallet_id=str(scene.charlies.id))
    with nothing_recorded():
        problem_of(step(client, other, name, key="key-1", **STEPS[name]), 422, "idempotency.key_reused")


@pytest.mark.parametrize("name", STEPS)
def test_a_rehearsal_changes_nothing(scene: Scene, hold: dict[str, Any], name: str) -> None:
    path = f"{PATH}/{hold['reservation_id']}/{name}?dry_run=true"
    with nothing_recorded():
        answer = send(api_as(scene.cast.alice), path, STEPS[name], key=None).json()
    effects = {effect["bucket"]: (effect["before"], effect["after"]) for effect in answer["effects"]}
    assert answer["would_apply"] is True
    assert (
        effects
        == {
            "capture": {"RESERVED": ("30.00", "0.00")},
            "release": {"AVAILABLE": ("70.00", "100.00"), "RESERVED": ("30.00", "0.00")},
            "extend": {},
        }[name]
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": "0"}, "money.invalid"),
        ({"amount": 1}, "money.invalid"),
        ({"amount": "1.00001"}, "money.scale_exceeded"),
        ({"amount": None}, "request.validation"),
        ({"final": "yes"}, "request.validation"),
        ({"destination_wallet_id": "bob"}, "request.validation"),
        ({"expires_in": 1}, "request.validation"),
    ],
)
def test_what_cannot_be_meant(scene: Scene, hold: dict[str, Any], body: dict[str, Any], code: str) -> None:
    with nothing_recorded():
        problem = problem_of(step(api_as(scene.cast.alice), hold, "capture", **body), 400, code)
    assert problem["errors"][0]["pointer"] == f"/{next(iter(body))}"


def test_a_suspended_wallet_pays_what_was_held_and_a_frozen_one_does_not(scene: Scene) -> None:
    client, cast = api_as(scene.cast.alice), scene.cast
    one, two = (reserve(cast.alice, scene.alices, "10", key=key) for key in ("one", "two"))
    set_status(scene.alices, "SUSPENDED", by=cast.bob)
    assert step(client, one, "capture", key="1").status_code == 200
    set_status(scene.alices, "FROZEN", by=cast.bob)
    with nothing_moved():
        problem_of(step(client, two, "capture", key="2"), 422, "wallet.frozen")
    assert step(client, two, "release", key="3").status_code == 200
    assert figures(scene.alices) == (90, 0, 0)


def test_the_cached_balance_follows_every_step(scene: Scene, hold: dict[str, Any]) -> None:
    client = api_as(scene.cast.frida)

    def shown(wallet_id: Any) -> tuple[str, str, str]:
        body = client.get(f"/v1/wallets/{wallet_id}/balance").json()
        return body["available"], body["reserved"], body["pending"]

    def both() -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        return shown(scene.alices.id), shown(scene.charlies.id)

    assert both() == (("70.00", "30.00", "0.00"), ("0.00", "0.00", "30.00"))
    step(client, hold, "capture", amount="10", final=False)
    assert both() == (("70.00", "20.00", "0.00"), ("10.00", "0.00", "20.00"))
    let_expire(hold)
    expire_holds()  # knows nothing of caches
    assert both() == (("90.00", "0.00", "0.00"), ("10.00", "0.00", "0.00"))
