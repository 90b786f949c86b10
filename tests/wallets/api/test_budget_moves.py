"""Adjustments and transfers of budgets: more or less for the current period, once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from budgets.models import BudgetPeriod
from compliance.models import AuditRecord
from tests.compliance.clients import api_as
from tests.wallets.budgets import EVERY_FIELD, budget_body, pay, set_budget
from tests.wallets.scene import Scene, give_wallet, nothing_recorded, problem_of, send


def adjust(scene: Scene, budget: dict[str, Any], amount: str, *, key: str = "k", **more: Any) -> Any:
    path = f"/v1/budgets/{budget['budget_id']}/adjustments"
    return send(api_as(scene.cast.bob), path, {"amount": amount, "reason": "Once.", **more}, key=key)


def move(scene: Scene, giver: dict[str, Any], receiver: dict[str, Any], amount: str = "40", **more: Any) -> Any:
    named = {"from_budget_id": giver["budget_id"], "to_budget_id": receiver["budget_id"]}
    body = {**named, "amount": amount, "reason": "Travel instead of meals."}
    return send(api_as(scene.cast.bob), "/v1/budget-transfers", body, **more)


def figures(budget: dict[str, Any]) -> tuple[str, ...]:
    return tuple(budget[name] for name in ("total_amount", "base_amount", "adjustments", "remaining_amount"))


def test_a_period_is_given_more_once_and_lowered_again(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "60", period_type="WEEKLY")
    assert pay(scene, "90").status_code == 422
    first, again = (adjust(scene, budget, "40") for _ in range(2))
    body = first.json()
    assert (first.status_code, body.keys()) == (201, {*EVERY_FIELD, "evaluation"})
    assert figures(body) == ("100.00", "60.00", "40.00", "100.00")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert pay(scene, "90", reference="b-2").status_code == 201
    lowered = adjust(scene, budget, "20", key="k2", direction="LOWER").json()
    assert figures(lowered) == ("80.00", "60.00", "20.00", "-10.00")
    assert lowered["evaluation"] == {"blocked_now": True}
    following = BudgetPeriod.objects.filter(budget_id=budget["budget_id"]).order_by("-starts_at")[0]
    assert following.base == 60
    kept = AuditRecord.objects.filter(entity_id=budget["budget_id"], event_type="budget.adjusted").order_by("id")
    assert [(record.before["adjustments"], record.after["adjustments"]) for record in kept] == [
        ("0", "40"),
        ("40", "20"),
    ]


def test_a_period_cannot_be_given_less_than_nothing(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "60")
    later = set_budget(scene.cast.bob, scene.alices, period_type="YEARLY", start_date="2199-01-01")
    with nothing_recorded():
        problem_of(adjust(scene, budget, "60.01", direction="LOWER"), 400, "money.invalid")
        problem_of(adjust(scene, budget, "0.00001"), 400, "money.scale_exceeded")
        problem_of(adjust(scene, budget, "1", direction="DOWN"), 400, "request.validation")
        missing = api_as(scene.cast.bob).post(
            f"/v1/budgets/{budget['budget_id']}/adjustments", {"amount": "1", "reason": "Test"}
        )
        problem_of(missing, 400, "idempotency.key_missing")
        problem_of(adjust(scene, later, "1"), 400, "request.validation")


def test_what_is_left_of_one_budget_moves_to_another(scene: Scene) -> None:
    meals = set_budget(scene.cast.bob, scene.alices, "100", categories=["meals"])
    travel = set_budget(scene.cast.bob, scene.alices, "100", categories=["travel"])
    assert pay(scene, "50", category="meals").status_code == 201
    first, again = (move(scene, meals, travel) for _ in range(2))
    body = first.json()
    assert (first.status_code, body.keys()) == (
        201,
        {"from_budget_id", "to_budget_id", "amount", "currency", "from", "to"},
    )
    assert (body["amount"], body["currency"]) == ("40.00", "EUR")
    assert figures(body["from"]) == ("60.00", "100.00", "-40.00", "10.00")
    assert figures(body["to"]) == ("140.00", "100.00", "40.00", "140.00")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert AuditRecord.objects.filter(event_type="budget.moved").count() == 2
    for budget, changed in ((meals, body["from"]), (travel, body["to"])):
        shown = api_as(scene.cast.bob).get(f"/v1/budgets/{budget['budget_id']}").json()
        assert figures(shown) == figures(changed)


def test_nobody_gives_what_is_not_left_and_the_no_is_kept(scene: Scene) -> None:
    meals = set_budget(scene.cast.bob, scene.alices, "100", categories=["meals"], enforcement="WARN")
    travel = set_budget(scene.cast.bob, scene.alices, "100", categories=["travel"])
    assert pay(scene, "70", category="meals").status_code == 201
    refused = problem_of(move(scene, meals, travel), 422, "budget.exceeded")
    assert (refused["available"], refused["required"], refused["shortfall"]) == ("30", "40", "10")
    api_as(scene.cast.bob).put(f"/budgets/{meals['budget_id']}", {"total_amount": "200", "reason": "More."})
    again = move(scene, meals, travel)
    assert (problem_of(again, 422, "budget.exceeded")["shortfall"], again.headers["Idempotent-Replayed"]) == (
        "10",
        "true",
    )
    assert move(scene, meals, travel, key="k2").status_code == 201


def test_both_budgets_are_alike_and_the_callers_to_change(scene: Scene) -> None:
    alices = set_budget(scene.cast.bob, scene.alices)
    dollars = set_budget(scene.cast.bob, give_wallet(scene.cast.alice, currency="USD", type="SAVINGS"))
    bobs = set_budget(scene.cast.frida, scene.bobs)
    charlies = set_budget(scene.cast.frida, scene.charlies)
    with nothing_recorded():
        for other, status, code in (
            (alices, 400, "request.validation"),
            (dollars, 400, "request.validation"),
            (bobs, 403, "auth.forbidden"),
            (charlies, 404, "not_found"),
            ({"budget_id": str(uuid4())}, 404, "not_found"),
        ):
            problem_of(move(scene, alices, other), status, code)
            problem_of(move(scene, other, alices), status, code)
        problem_of(move(scene, alices, dollars, key=None), 400, "idempotency.key_missing")


@pytest.mark.parametrize("name", ["alice", "conny", "audrey"])
def test_who_sets_no_budgets_moves_none(scene: Scene, name: str) -> None:
    budget = set_budget(scene.cast.bob, scene.alices)
    client = api_as(getattr(scene.cast, name))
    with nothing_recorded():
        body = {"amount": "1", "reason": "Test"}
        path = f"/v1/budgets/{budget['budget_id']}/adjustments"
        problem_of(send(client, path, body), 403, "auth.forbidden")
        body = {**body, "from_budget_id": budget["budget_id"], "to_budget_id": budget["budget_id"]}
        problem_of(send(client, "/v1/budget-transfers", body), 403, "auth.forbidden")


@pytest.mark.parametrize("amount", ["1000000000000000", "9" * 20])
def test_no_budget_and_no_limit_says_so_much_that_sums_could_run_over(scene: Scene, amount: str) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "999999999999999.99", rollover="SURPLUS")
    travel = set_budget(scene.cast.bob, scene.alices, categories=["travel"])
    client, path = api_as(scene.cast.bob), f"/budgets/{budget['budget_id']}"
    other = budget_body(scene.alices, period_type="WEEKLY", rollover="SURPLUS")
    limit = {"user_id": str(scene.cast.alice.id), "window": "DAILY", "currency": "EUR", "reason": "A test."}
    with nothing_recorded():
        answers = [
            adjust(scene, budget, amount),
            move(scene, budget, travel, amount),
            client.put("/v1/limits", {**limit, "max_amount": amount}),
        ]
        for name in ("total_amount", "buffer_amount", "rollover_cap"):
            answers += [
                client.put(path, {name: amount, "reason": "Test"}),
                client.post("/budgets", {**other, name: amount}),
            ]
        for answer in answers:
            problem_of(answer, 400, "money.invalid")
    assert adjust(scene, budget, "999999999999999.99").json()["total_amount"] == "1999999999999999.98"
