"""`/v1/wallets/{wallet_id}/lock`: taking, seeing, extending and letting go (R12–R14, R251, R252)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from compliance.models import User
from ledger.ids import new_id
from tests.compliance.clients import api_as
from tests.compliance.factories import ServiceAccountFactory
from tests.wallets.held import hold, let_lapse, path_of
from tests.wallets.scene import Scene, nothing_recorded, problem_of
from wallets.models import Wallet, WalletLock


def take(scene: Scene, *, by: str = "bookings", wallet: Wallet | None = None, **more: Any) -> Any:
    client = api_as(getattr(scene.cast, by))
    return client.post(path_of(wallet or scene.alices), {"operation": "payroll", **more})


def lease_of(body: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(body["expires_at"]) - datetime.fromisoformat(body["acquired_at"])


@pytest.mark.parametrize("name", ["bob", "frida", "bookings"])
def test_a_lock_says_what_for_by_whom_and_until_when(scene: Scene, name: str) -> None:
    holder = getattr(scene.cast, name)
    with nothing_recorded():
        response = take(scene, by=name)
    body = response.json()
    assert response.status_code == 201
    assert body == {
        "lock_id": str(UUID(body["lock_id"])),
        "wallet_id": str(scene.alices.id),
        "operation": "payroll",
        "fencing_token": 1,
        "acquired_at": body["acquired_at"],
        "expires_at": body["expires_at"],
        "held_by": {"role": holder.role, "id": str(holder.id)},
    }
    assert lease_of(body) == timedelta(seconds=30)
    assert api_as(holder).get(path_of(scene.alices)).json() == body


def test_only_its_holder_is_told_its_id(scene: Scene) -> None:
    held = take(scene).json()
    for reader in (scene.cast.alice, scene.cast.bob, scene.cast.conny, scene.cast.audrey):
        seen = api_as(reader).get(path_of(scene.alices)).json()
        assert seen == {**held, "lock_id": None}
    assert api_as(scene.cast.charlie).get(path_of(scene.alices)).status_code == 404


def test_a_wallet_that_nobody_holds_has_no_lock(scene: Scene) -> None:
    client = api_as(scene.cast.bookings)
    problem_of(client.get(path_of(scene.alices)), 404, "not_found")
    take(scene)
    assert client.get(path_of(scene.alices)).status_code == 200
    problem_of(client.get(path_of(scene.bobs)), 404, "not_found")
    let_lapse(scene.alices)
    problem_of(client.get(path_of(scene.alices)), 404, "not_found")


@pytest.mark.parametrize(("left", "retry_after"), [(30, "30"), (3600, "30"), (2, "2")])
def test_whoever_comes_second_is_told_when_to_come_again(scene: Scene, left: int, retry_after: str) -> None:
    first = take(scene, expires_in=left).json()
    for name in ("frida", "bookings"):  # its own holder, too: two operations of one service are two
        response = take(scene, by=name)
        assert problem_of(response, 409, "lock.timeout")["retryable"] is True
        assert response.headers["Retry-After"] == retry_after
    assert api_as(scene.cast.bookings).get(path_of(scene.alices)).json() == first


def test_what_has_lapsed_is_taken_anew_with_a_higher_token(scene: Scene) -> None:
    first = take(scene).json()
    let_lapse(scene.alices)
    second = take(scene, by="frida", operation="audit").json()
    assert (first["fencing_token"], second["fencing_token"]) == (1, 2)
    assert second["lock_id"] != first["lock_id"]
    assert (second["operation"], second["held_by"]["id"]) == ("audit", str(scene.cast.frida.id))
    assert WalletLock.objects.count() == 1


def test_tokens_rise_after_letting_go_as_well(scene: Scene) -> None:
    client = api_as(scene.cast.bookings)
    for token in (1, 2, 3):
        body = take(scene).json()
        assert body["fencing_token"] == token
        assert client.delete(path_of(scene.alices, body["lock_id"])).status_code == 204


def test_a_lock_is_extended_from_now_on(scene: Scene) -> None:
    held = take(scene, expires_in=1).json()
    extended = api_as(scene.cast.bookings).put(path_of(scene.alices, held["lock_id"]), {"expires_in": 3600})
    assert extended.status_code == 200
    body = extended.json()
    assert {**body, "expires_at": None} == {**held, "expires_at": None}
    assert timedelta(hours=1) <= lease_of(body) < timedelta(hours=1, seconds=30)


def test_a_lock_is_let_go_of_once(scene: Scene) -> None:
    client, held = api_as(scene.cast.bookings), take(scene).json()
    path = path_of(scene.alices, held["lock_id"])
    response = client.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    problem_of(client.get(path_of(scene.alices)), 404, "not_found")
    problem_of(client.delete(path), 404, "not_found")
    problem_of(client.put(path, {"expires_in": 5}), 404, "not_found")


def test_a_former_holder_neither_extends_nor_ends_what_another_holds(scene: Scene) -> None:
    former = hold(scene.alices, by=scene.cast.bookings)
    let_lapse(scene.alices)
    present = hold(scene.alices, by=scene.cast.bookings)
    client, path = api_as(scene.cast.bookings), path_of(scene.alices, former.lock_id)
    problem_of(client.delete(path), 404, "not_found")
    problem_of(client.put(path, {"expires_in": 5}), 404, "not_found")
    assert WalletLock.objects.get() == present
    assert WalletLock.objects.get().expires_at == present.expires_at


def test_nobody_ends_the_lock_of_somebody_else(scene: Scene) -> None:
    """Not even with its id, nor on another wallet."""
    held = hold(scene.alices, by=scene.cast.bookings)
    mine = hold(scene.bobs, by=scene.cast.frida)
    strangers: list[tuple[User, Wallet, UUID]] = [
        (scene.cast.frida, scene.alices, held.lock_id),
        (scene.cast.bob, scene.alices, held.lock_id),
        (scene.cast.frida, scene.alices, mine.lock_id),
        (scene.cast.frida, scene.alices, new_id()),
    ]
    for caller, wallet, lock_id in strangers:
        problem_of(api_as(caller).delete(path_of(wallet, lock_id)), 404, "not_found")
        problem_of(api_as(caller).put(path_of(wallet, lock_id), {"expires_in": 5}), 404, "not_found")
    assert WalletLock.objects.get(wallet=scene.alices).expires_at == held.expires_at


@pytest.mark.parametrize(
    "more",
    [{"expires_in": bad} for bad in (0, -1, 3601, "30", 1.5, None)]
    + [{"operation": bad} for bad in ("", "x" * 101, 7, None, "two\nlines")]
    + [{"wait": 5}],
)
def test_what_makes_no_sense_is_refused(scene: Scene, more: dict[str, Any]) -> None:
    problem_of(take(scene, **more), 400, "request.validation")
    assert WalletLock.objects.count() == 0


def test_managers_hold_the_wallets_of_their_team_only(scene: Scene) -> None:
    problem_of(take(scene, by="bob", wallet=scene.charlies), 404, "not_found")
    for name in ("alice", "conny", "audrey"):
        problem_of(take(scene, by=name), 403, "auth.forbidden")
    unscoped = ServiceAccountFactory(company=scene.cast.company, scope_names=["wallets:read"])
    problem_of(api_as(unscoped).post(path_of(scene.alices), {"operation": "x"}), 403, "auth.forbidden")
    assert WalletLock.objects.count() == 0
