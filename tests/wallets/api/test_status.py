"""PUT /wallets/{id}/status: which moves there are, who may make them, and what they do to money (R66, C4)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from compliance.models import User
from ledger.models import Event, OutboxMessage
from tests.compliance.clients import api_as
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    nothing_moved,
    nothing_recorded,
    problem_of,
    send,
    set_status,
    transfer_body,
)
from wallets.models import Wallet

STATUSES = ("ACTIVE", "SUSPENDED", "FROZEN", "CLOSED")
LIVE = STATUSES[:3]


def put(client: APIClient, wallet: Wallet, status: str, *, tag: str | None = None, **more: Any) -> Any:
    body = {"status": status, "reason": "Phone lost on the train.", **more}
    return client.put(f"/wallets/{wallet.id}/status", body, headers={} if tag is None else {"If-Match": tag})


def in_status(scene: Scene, status: str) -> Wallet:
    """Bob's empty wallet, brought into a status."""
    if status != "ACTIVE":
        set_status(scene.bobs, status, by=scene.cast.frida)
    return scene.bobs


@pytest.mark.parametrize("target", STATUSES)
@pytest.mark.parametrize("current", LIVE)
def test_every_move_of_a_live_wallet_is_allowed(scene: Scene, current: str, target: str) -> None:
    wallet = in_status(scene, current)
    client = api_as(scene.cast.frida)
    before = client.get(f"/v1/wallets/{wallet.id}").json()
    response = put(client, wallet, target)
    answer = response.json()
    version = before["version"] + (current != target)
    assert response.status_code == 200
    assert answer == {**before, "status": target, "version": version, "updated_at": answer["updated_at"]}
    assert response.headers["ETag"] == f'"v{version}"'
    assert client.get(f"/v1/wallets/{wallet.id}").json() == answer


@pytest.mark.parametrize("target", LIVE)
def test_closed_is_final(scene: Scene, target: str) -> None:
    wallet = in_status(scene, "CLOSED")
    with nothing_moved():
        problem_of(put(api_as(scene.cast.frida), wallet, target), 409, "wallet.invalid_transition")


@pytest.mark.parametrize("status", STATUSES)
def test_the_same_status_again_records_nothing(scene: Scene, status: str) -> None:
    wallet = in_status(scene, status)
    client = api_as(scene.cast.frida)
    before = client.get(f"/v1/wallets/{wallet.id}")
    history = Event.objects.count(), OutboxMessage.objects.count()
    again = put(client, wallet, status)
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, before.json(), before.headers["ETag"])
    assert (Event.objects.count(), OutboxMessage.objects.count()) == history


def test_money_keeps_a_wallet_open(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    with nothing_moved():
        problem = problem_of(put(client, scene.alices, "CLOSED"), 409, "wallet.not_empty")
    assert problem["blockers"] == [{"bucket": "AVAILABLE", "amount": "100.00"}]
    assert client.get(f"/v1/wallets/{scene.alices.id}").json()["status"] == "ACTIVE"
    send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs, "100"))
    assert put(client, scene.alices, "CLOSED").json()["status"] == "CLOSED"


@pytest.mark.parametrize(
    ("status", "debit", "credit"),
    [
        ("ACTIVE", None, None),
        ("SUSPENDED", "wallet.suspended", None),
        ("FROZEN", "wallet.frozen", "wallet.frozen"),
    ],
)
def test_what_a_status_stops(scene: Scene, status: str, debit: str | None, credit: str | None) -> None:
    client = api_as(scene.cast.frida)
    give_wallet(scene.cast.frida, "50")
    fridas = Wallet.objects.get(user=scene.cast.frida)
    put(client, scene.alices, status)
    before = available(scene.alices)
    for key, refusal, body in (
        ("debit", debit, transfer_body(scene.alices, scene.charlies)),
        ("credit", credit, transfer_body(fridas, scene.alices)),
    ):
        response = send(client, "/v1/transfers", body, key=key)
        if refusal is None:
            assert response.status_code == 201
        else:
            problem_of(response, 422, refusal)
    assert available(scene.alices) == before + (10 if credit is None else 0) - (10 if debit is None else 0)


def test_a_closed_wallet_takes_nothing(scene: Scene) -> None:
    set_status(scene.bobs, "CLOSED", by=scene.cast.frida)
    response = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    problem_of(response, 422, "wallet.closed")
    assert (available(scene.alices), available(scene.bobs)) == (100, 0)


MAY = {  # caller → the statuses that he may give to alice's active wallet; None = he does not even see it
    "alice": {"SUSPENDED"},
    "bob": set(STATUSES),
    "charlie": None,
    "frida": set(STATUSES),
    "conny": set(STATUSES),
    "audrey": set(),
    "bookings": set(),
}


@pytest.mark.parametrize("target", STATUSES)
@pytest.mark.parametrize("caller", MAY)
def test_who_may_give_which_status(scene: Scene, caller: str, target: str) -> None:
    savings = give_wallet(scene.cast.alice, type="SAVINGS")
    response = put(api_as(getattr(scene.cast, caller)), savings, target)
    allowed = MAY[caller]
    if allowed is None:
        problem_of(response, 404, "not_found")
    elif target not in allowed:
        problem_of(response, 403, "auth.forbidden")
    else:
        assert response.json()["status"] == target


@pytest.mark.parametrize("owner", ["alice", "bob", "frida", "conny"])
def test_an_owner_suspends_and_cannot_lift(scene: Scene, owner: str) -> None:
    person: User = getattr(scene.cast, owner)
    wallet, client = give_wallet(person, type="SAVINGS"), api_as(person)
    assert put(client, wallet, "SUSPENDED").json()["status"] == "SUSPENDED"
    for target in ("ACTIVE", "FROZEN", "CLOSED"):
        with nothing_recorded():
            problem_of(put(client, wallet, target), 403, "auth.forbidden")
    assert put(client, wallet, "SUSPENDED").json()["version"] == 2


def test_an_owner_cannot_loosen_a_freeze_into_a_suspension(scene: Scene) -> None:
    """FROZEN stops credits too: to suspend such a wallet would be to lift a part of the freeze."""
    set_status(scene.alices, "FROZEN", by=scene.cast.conny)
    with nothing_recorded():
        problem_of(put(api_as(scene.cast.alice), scene.alices, "SUSPENDED"), 403, "auth.forbidden")


def test_the_version_can_be_insisted_on(scene: Scene) -> None:
    client, wallet = api_as(scene.cast.frida), scene.alices
    with nothing_recorded():
        for tag in ('"v1"', '"v3"', '"7"', 'W/"v2"'):
            problem_of(put(client, wallet, "FROZEN", tag=tag), 412, "precondition.failed")
        for tag in ("v2", "garbage", '"v2", "v3"'):
            problem_of(put(client, wallet, "FROZEN", tag=tag), 400, "request.validation")
    assert put(client, wallet, "FROZEN", tag='"v2"').headers["ETag"] == '"v3"'
    assert put(client, wallet, "ACTIVE", tag="*").headers["ETag"] == '"v4"'


def test_the_reason_is_kept(scene: Scene) -> None:
    put(api_as(scene.cast.conny), scene.alices, "FROZEN", reason="Card seen on a list.")
    event = Event.objects.filter(type="AccountStatusChanged").latest("recorded_at")
    assert (event.data["reason"], event.actor_id, event.actor_type) == (
        "Card seen on a list.",
        scene.cast.conny.id,
        "COMPLIANCE",
    )
    message = OutboxMessage.objects.get(event_id=event.id)
    assert (message.type, message.aggregate_id, message.sequence) == ("WalletStatusChanged", scene.alices.id, 3)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"reason": None}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": "two\nlines"}, "/reason"),
        ({"status": "OPEN"}, "/status"),
        ({"status": "active"}, "/status"),
        ({"status": None}, "/status"),
        ({"balance": "1"}, "/balance"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, changes: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        response = put(api_as(scene.cast.frida), scene.alices, **{"status": "FROZEN", **changes})
    assert [error["pointer"] for error in problem_of(response, 400, "request.validation")["errors"]] == [pointer]
