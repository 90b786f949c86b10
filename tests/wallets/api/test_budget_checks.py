"""`/v1/budget-checks`: would this spend be let through?"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from budgets.models import Budget, BudgetPeriod
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.scene import Scene, nothing_recorded, problem_of, send, set_status, transfer_body


def check(scene: Scene, amount: str = "10", *, by: str = "alice", **more: Any) -> Any:
    body = {"wallet_id": str(scene.alices.id), "amount": amount, "currency": "EUR", **more}
    return api_as(getattr(scene.cast, by)).post("/v1/budget-checks", body)


def gates(answer: Any) -> list[tuple[str, bool, str | None, str | None]]:
    return [(gate["gate"], gate["ok"], gate["name"], gate["shortfall"]) for gate in answer.json()["gates"]]


def test_all_gates_are_told_and_nothing_is_written(scene: Scene) -> None:
    set_budget(scene.cast.bob, scene.alices, "600")
    weekly = set_budget(scene.cast.bob, scene.alices, "60", period_type="WEEKLY")
    set_limit(scene.cast.bob, scene, max_amount="50")
    with nothing_recorded():
        yes, no = check(scene, "50"), check(scene, "90")
    assert (yes.status_code, yes.json()["would_apply"]) == (200, True)
    assert yes.json().keys() == {"would_apply", "gates"}
    assert {gate["gate"] for gate in yes.json()["gates"]} >= {"wallet", "funds", "budget", "limit"}
    assert all(gate["ok"] for gate in yes.json()["gates"])
    assert no.json()["would_apply"] is False
    assert [gate for gate in gates(no) if gate[0] in {"budget", "limit"}] == [
        ("budget", True, "Monthly budget", None),
        ("budget", False, "Weekly budget", "30.00"),
        ("limit", False, "Daily limit", "40.00"),
    ]
    (told,) = [gate for gate in no.json()["gates"] if gate["name"] == "Weekly budget"]
    assert told == {
        "gate": "budget",
        "id": weekly["budget_id"],
        "name": "Weekly budget",
        "ok": False,
        "required": "90.00",
        "available": "60.00",
        "shortfall": "30.00",
        "resets_at": weekly["period"]["ends_at"],
    }


def test_it_says_what_the_real_one_says(scene: Scene) -> None:
    set_budget(scene.cast.bob, scene.alices, "60", categories=["travel"])
    for amount, category in (("70", "meals"), ("61", "travel"), ("60", "travel"), ("1", "travel"), ("60", "meals")):
        said = check(scene, amount, category=category).json()["would_apply"]
        real = pay(scene, amount, reference=f"{amount} {category}", category=category)
        assert said is (real.status_code == 201), (amount, category)


def test_a_transfer_is_asked_about_like_one(scene: Scene) -> None:
    team = {"team_id": str(scene.cast.alice.team_id), "total_amount": "5"}
    assert api_as(scene.cast.frida).post("/v1/budgets", team).status_code == 201
    assert check(scene, to_wallet_id=str(scene.bobs.id)).json()["would_apply"] is True  # it stays in the team
    assert check(scene, to_wallet_id=str(scene.charlies.id)).json()["would_apply"] is False
    assert check(scene).json()["would_apply"] is False
    for to, status in ((scene.bobs, 201), (scene.charlies, 422)):
        body = transfer_body(scene.alices, to)
        assert send(api_as(scene.cast.alice), "/v1/transfers", body, key=str(to.id)).status_code == status


def test_limits_of_one_type_ask_that_type_only(scene: Scene) -> None:
    set_limit(scene.cast.bob, scene, limited_type="WITHDRAWAL", max_amount="5")
    assert check(scene).json()["would_apply"] is True
    assert check(scene, type="WITHDRAWAL").json()["would_apply"] is False
    assert check(scene, type="PAYMENT").json()["would_apply"] is True


def test_the_wallet_and_its_money_are_asked_too(scene: Scene) -> None:
    assert ("funds", False, None, "900.00") in gates(check(scene, "1000"))
    set_status(scene.alices, "FROZEN", by=scene.cast.bob)
    assert check(scene).json()["would_apply"] is False


def test_the_period_that_it_would_be_the_first_of_is_not_opened(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, start_date="2199-01-01")
    Budget.objects.filter(id=budget["budget_id"]).update(start_date="2020-01-01")
    with nothing_recorded():
        answer = check(scene, "700")
    assert ("budget", False, "Monthly budget", "100.00") in gates(answer)
    assert not BudgetPeriod.objects.exists()


def test_who_sees_the_wallet_may_ask(scene: Scene) -> None:
    for name in ("alice", "bob", "frida", "conny", "audrey", "bookings"):
        assert check(scene, by=name).status_code == 200
    stranger = api_as(UserFactory(role="FINANCE"))
    with nothing_recorded():
        problem_of(check(scene, by="charlie"), 404, "not_found")
        problem_of(check(scene, to_wallet_id=str(uuid4())), 404, "not_found")
        body = {"wallet_id": str(scene.alices.id), "amount": "1", "currency": "EUR"}
        problem_of(stranger.post("/v1/budget-checks", body), 404, "not_found")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"type": "DEPOSIT"}, "/type"),
        ({"type": "TRANSFER"}, "/to_wallet_id"),
        ({"type": "PAYMENT", "to_wallet_id": str(UUID(int=1))}, "/to_wallet_id"),
        ({"category": 5}, "/category"),
        ({"category": "x" * 65}, "/category"),
        ({"at": "2026-01-01"}, "/at"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_named(scene: Scene, wrong: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        body = problem_of(check(scene, **wrong), 400, "request.validation")
    assert [error["pointer"] for error in body["errors"]] == [pointer]
