"""Per wallet and operation: who is over the limit waits, and has used up nothing (R23)."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from ledger import redis
from tests.compliance.clients import api_as
from tests.wallets.holds import hold_body, reserve, step
from tests.wallets.scene import Scene, nothing_recorded, problem_of, send, transfer_body


def pay(scene: Scene, caller: str, key: str, source: str = "alices") -> Any:
    body = transfer_body(getattr(scene, source), scene.charlies, "0.01")
    return send(api_as(getattr(scene.cast, caller)), "/v1/transfers", body, key=key)


@pytest.fixture(autouse=True)
def two_a_minute(settings: Settings) -> None:
    settings.RATE_LIMIT_PER_WALLET = 2


def test_the_third_of_two_is_told_to_wait(scene: Scene) -> None:
    assert [pay(scene, "alice", key).status_code for key in ("a", "b")] == [201, 201]
    with nothing_recorded():
        response = pay(scene, "alice", "c")
    problem = problem_of(response, 429, "rate.limited")
    assert (problem["retryable"], 1 <= int(response.headers["Retry-After"]) <= 60) == (True, True)
    seconds = redis.client().ttl(f"ratelimit:{scene.alices.id}:transfer")
    assert isinstance(seconds, int)
    assert 0 < seconds <= 60


def test_its_key_is_still_free(scene: Scene) -> None:
    for key in ("a", "b"):
        pay(scene, "alice", key)
    problem_of(pay(scene, "alice", "c"), 429, "rate.limited")
    redis.client().flushdb()  # the minute is over
    assert pay(scene, "alice", "c").status_code == 201


def test_the_wallet_counts_and_not_the_caller(scene: Scene) -> None:
    assert [pay(scene, caller, "k").status_code for caller in ("alice", "bob", "frida")] == [201, 201, 429]


def test_another_wallet_and_another_operation_count_for_themselves(scene: Scene) -> None:
    for key in ("a", "b", "c"):
        pay(scene, "alice", key)
    assert pay(scene, "bob", "d", source="bobs").status_code == 422  # decided: bob has nothing
    body = {"status": "SUSPENDED", "reason": "A test."}
    assert api_as(scene.cast.alice).put(f"/v1/wallets/{scene.alices.id}/status", body).status_code == 200


def test_strangers_do_not_use_up_a_wallets_rate(scene: Scene) -> None:
    for number in range(4):
        problem_of(pay(scene, "charlie", f"x{number}"), 404, "not_found")
        problem_of(pay(scene, "conny", f"y{number}"), 403, "auth.forbidden")
    assert pay(scene, "alice", "a").status_code == 201


def test_every_step_of_a_hold_and_every_undoing_is_counted(scene: Scene) -> None:
    """Refused or not: what was decided was work."""
    holds = [reserve(scene.cast.alice, scene.alices, "1", key=key) for key in ("one", "two")]
    client, finance = api_as(scene.cast.alice), api_as(scene.cast.frida)
    with nothing_recorded():
        problem_of(send(client, "/v1/reservations", hold_body(scene.alices), key="three"), 429, "rate.limited")
    steps: dict[str, dict[str, Any]] = {"capture": {}, "release": {}, "extend": {"expires_in": 60}}
    for name, body in steps.items():
        statuses = [step(client, holds[0], name, key=f"{name}-{n}", **body).status_code for n in range(3)]
        assert (statuses[2], 429 in statuses[:2]) == (429, False), name
    paid = pay(scene, "alice", "paid").json()["txn_id"]
    undoings: dict[str, dict[str, str]] = {"refunds": {"amount": "0.001"}, "reversals": {}}
    for name, more in undoings.items():
        path, wish = f"/v1/transactions/{paid}/{name}", {"reason": "A test.", **more}
        statuses = [send(finance, path, wish, key=f"{name}-{n}").status_code for n in range(3)]
        assert (statuses[2], 429 in statuses[:2]) == (429, False), name
