"""`/v1/limits`: how much or how often somebody may spend (R133, R247)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from budgets.models import Limit
from compliance.models import AuditRecord
from tests.compliance.clients import api_as
from tests.wallets.budgets import pay, set_limit
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, nothing_recorded, problem_of

EVERY_FIELD = {
    *("limit_id", "user_id", "wallet_id", "name", "limited_type", "window", "currency", "max_amount", "max_count"),
    *("status", "created_by", "created_at", "updated_at", "version"),
}


def test_a_limit_is_set_changed_and_ended(scene: Scene) -> None:
    body = set_limit(scene.cast.bob, scene, max_count=3)
    assert body.keys() == EVERY_FIELD
    assert {name: value for name, value in body.items() if name not in {"created_at", "updated_at"}} == {
        "limit_id": body["limit_id"],
        "user_id": str(scene.cast.alice.id),
        "wallet_id": None,
        "name": "Daily limit",
        "limited_type": "ANY",
        "window": "DAILY",
        "currency": "EUR",
        "max_amount": "50.00",
        "max_count": 3,
        "status": "ACTIVE",
        "created_by": str(scene.cast.bob.id),
        "version": 1,
    }
    changed = set_limit(scene.cast.frida, scene, max_amount="60", max_count=3)
    assert (changed["limit_id"], changed["max_amount"], changed["version"]) == (body["limit_id"], "60.00", 2)
    assert changed["created_at"] == body["created_at"]
    with nothing_recorded():
        assert set_limit(scene.cast.bob, scene, max_amount="60", max_count=3)["version"] == 2
    path = f"/v1/limits/{body['limit_id']}/end"
    ended = api_as(scene.cast.bob).post(path, {"reason": "No intern any more."})
    assert (ended.status_code, ended.json()["status"], ended.headers["ETag"]) == (200, "ENDED", '"v3"')
    with nothing_recorded():
        assert api_as(scene.cast.bob).post(path, {"reason": "Twice."}).json()["version"] == 3
    assert api_as(scene.cast.alice).get("/v1/limits").json()["data"] == []
    records = AuditRecord.objects.filter(entity_id=body["limit_id"]).order_by("id")
    assert [(record.event_type, record.actor_id) for record in records] == [
        ("limit.created", scene.cast.bob.id),
        ("limit.changed", scene.cast.frida.id),
        ("limit.ended", scene.cast.bob.id),
    ]
    assert (records[1].before["max_amount"], records[1].after["max_amount"]) == ("50", "60")
    assert records[2].reason == "No intern any more."


def test_what_is_used_held_and_left_and_when_there_is_more(scene: Scene) -> None:
    set_limit(scene.cast.bob, scene, max_count=3)
    set_limit(scene.cast.bob, scene, window="PER_TRANSACTION", max_amount="30")
    assert pay(scene, "20").status_code == 201
    reserve(scene.cast.alice, scene.alices, "10")
    daily, single = api_as(scene.cast.alice).get("/v1/limits/usage").json()["data"]
    assert daily.keys() == {*EVERY_FIELD, "amount", "count", "resets_at"}
    assert daily["amount"] == {"maximum": "50.00", "used": "20.00", "reserved": "10.00", "remaining": "20.00"}
    assert daily["count"] == {"maximum": 3, "used": 1, "reserved": 1, "remaining": 1}
    assert daily["resets_at"].endswith("T00:00:00.000000Z")
    assert (single["name"], single["amount"], single["count"], single["resets_at"]) == (
        "Single limit",
        None,
        None,
        None,
    )
    refused = problem_of(pay(scene, "25", reference="b-2"), 422, "limit.exceeded")
    assert refused["detail"].startswith("Refused: Daily limit has 20.00 EUR left, this needs 25.00. Resets ")
    assert (refused["gates"][0]["resets_at"], refused["gates"][0]["shortfall"]) == (daily["resets_at"], "5.00")
    assert pay(scene, "20", reference="b-3").status_code == 201
    counted = problem_of(pay(scene, "0.01", reference="b-4"), 422, "limit.exceeded")
    assert {gate["available"] for gate in counted["gates"]} == {"0", "0.00"}


def test_one_wallets_limit_is_its_own(scene: Scene) -> None:
    body = set_limit(scene.cast.bob, scene, wallet_id=str(scene.alices.id))
    assert body["wallet_id"] == str(scene.alices.id)
    set_limit(scene.cast.bob, scene, max_amount="60")
    listed = api_as(scene.cast.frida).get(f"/v1/limits?wallet_id={scene.alices.id}").json()["data"]
    assert [row["limit_id"] for row in listed] == [body["limit_id"]]
    assert len(api_as(scene.cast.frida).get(f"/v1/limits?user_id={scene.cast.alice.id}").json()["data"]) == 2
    for path in ("/v1/limits", "/v1/limits/usage"):
        assert api_as(scene.cast.charlie).get(f"{path}?user_id={scene.cast.alice.id}").json()["data"] == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"max_amount": None}, "/max_amount"),
        ({"window": "HOURLY"}, "/window"),
        ({"window": "PER_TRANSACTION", "max_count": 3}, "/max_count"),
        ({"max_count": 0}, "/max_count"),
        ({"max_count": 1.5}, "/max_count"),
        ({"max_count": "3"}, "/max_count"),
        ({"limited_type": "DEPOSIT"}, "/limited_type"),
        ({"reason": ""}, "/reason"),
        ({"zone": "UTC"}, "/zone"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_named(scene: Scene, wrong: dict[str, Any], pointer: str) -> None:
    usual = {"user_id": str(scene.cast.alice.id), "window": "DAILY", "currency": "EUR", "max_amount": "50"}
    with nothing_recorded():
        answer = api_as(scene.cast.bob).put("/v1/limits", {**usual, "reason": "A test.", **wrong})
        body = problem_of(answer, 400, "request.validation")
    assert [error["pointer"] for error in body["errors"]] == [pointer]


def test_a_limit_says_something(scene: Scene) -> None:
    body = {"user_id": str(scene.cast.alice.id), "window": "DAILY", "currency": "EUR", "reason": "A test."}
    with nothing_recorded():
        refused = problem_of(api_as(scene.cast.bob).put("/v1/limits", body), 400, "request.validation")
        assert refused["errors"][0]["pointer"] == "/max_amount"
        of_another = {**body, "max_amount": "5", "wallet_id": str(scene.bobs.id)}
        refused = problem_of(api_as(scene.cast.bob).put("/v1/limits", of_another), 400, "request.validation")
        assert refused["errors"][0]["pointer"] == "/wallet_id"


def test_nobody_sets_or_ends_his_own_and_strangers_are_not_there(scene: Scene) -> None:
    limit = set_limit(scene.cast.frida, scene, user_id=str(scene.cast.bob.id))
    usual = {"window": "YEARLY", "currency": "EUR", "max_amount": "50", "reason": "A test."}
    with nothing_recorded():
        bob = api_as(scene.cast.bob)
        problem_of(bob.put("/v1/limits", {**usual, "user_id": str(scene.cast.bob.id)}), 403, "auth.forbidden")
        problem_of(bob.post(f"/v1/limits/{limit['limit_id']}/end", {"reason": "Mine."}), 403, "auth.forbidden")
        problem_of(bob.put("/v1/limits", {**usual, "user_id": str(scene.cast.charlie.id)}), 404, "not_found")
        problem_of(bob.post(f"/v1/limits/{uuid4()}/end", {"reason": "None."}), 404, "not_found")
        problem_of(
            api_as(scene.cast.alice).put("/v1/limits", {**usual, "user_id": str(scene.cast.bob.id)}),
            403,
            "auth.forbidden",
        )
    assert Limit.objects.get().status == "ACTIVE"
