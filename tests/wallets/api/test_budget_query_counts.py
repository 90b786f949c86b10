"""How many statements requests about budgets and limits cost. More rows cost no more of them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ledger.selectors.assets import get_asset
from tests.compliance.clients import api_as
from tests.wallets.api.test_query_counts import statements
from tests.wallets.budgets import budget_body, pay, set_budget, set_limit
from tests.wallets.scene import Scene, send


@pytest.fixture(autouse=True)
def assets_are_known(db: None) -> None:
    """They are read once in the life of a process."""
    for code in ("EUR", "COUNT"):
        get_asset(code)


def test_lists_of_any_length(scene: Scene) -> None:
    client, alice = api_as(scene.cast.bob), scene.cast.alice
    first = set_budget(scene.cast.bob, scene.alices, "90")
    set_limit(scene.cast.bob, scene, max_amount="90", max_count=90)
    pay(scene, "1")
    paths = {
        f"/v1/budgets/{first['budget_id']}": 5,  # log-in, budget, clock, periods, figures
        f"/v1/budgets/{alice.id}": 5,
        f"/v1/users/{alice.id}/budgets": 6,  # whether there is such a user
        "/v1/budgets?limit=200": 5,
        "/v1/budgets?limit=200&over_pct=1": 5,
        f"/v1/budgets/{first['budget_id']}/history": 3,
        f"/v1/budgets/{first['budget_id']}/periods": 4,
        f"/v1/budget-decisions?limit=200&wallet_id={scene.alices.id}": 4,  # log-in, wallet, documents, events
        f"/v1/budget-decisions?limit=200&budget_id={first['budget_id']}": 4,
        "/v1/limits?limit=200": 2,
        "/v1/limits/usage?limit=200": 4,  # log-in, limits, clock, figures
    }
    few = {path: statements(partial(client.get, path)) for path in paths}
    for number in range(10):
        set_budget(scene.cast.bob, scene.alices, "90", categories=[f"c{number}"])
        reason = {"thresholds": [number + 1], "reason": "A test."}
        client.put(f"/budgets/{first['budget_id']}", reason)
        pay(scene, "1", reference=f"b{number}", category=f"c{number}")
    for kind in ("PAYMENT", "TRANSFER", "WITHDRAWAL"):
        set_limit(scene.cast.bob, scene, limited_type=kind)
    many = {path: statements(partial(client.get, path)) for path in paths}
    assert few == many == paths


def test_a_question_costs_the_same_under_any_number_of_rules(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    body = {"wallet_id": str(scene.alices.id), "amount": "1", "currency": "EUR"}
    pay(scene, "1")  # opens the clearing account

    def ask() -> int:
        return statements(partial(client.post, "/v1/budget-checks", body))

    set_budget(scene.cast.bob, scene.alices)
    few = ask()
    for period_type in ("WEEKLY", "YEARLY", "QUARTERLY"):
        set_budget(scene.cast.bob, scene.alices, period_type=period_type)
    for window in ("DAILY", "WEEKLY"):
        set_limit(scene.cast.bob, scene, window=window)
    assert [few, ask()] == [8, 8]


def test_changing_budgets(scene: Scene) -> None:
    client = api_as(scene.cast.bob)
    first = set_budget(scene.cast.bob, scene.alices, categories=["a"])
    second = set_budget(scene.cast.bob, scene.alices, categories=["b"])
    path = f"/budgets/{first['budget_id']}"

    def change(amount: str) -> Any:
        return client.put(path, {"total_amount": amount, "reason": "A test."})

    def move(key: str) -> Any:
        named = {"from_budget_id": first["budget_id"], "to_budget_id": second["budget_id"]}
        return send(client, "/v1/budget-transfers", {**named, "amount": "1", "reason": "A test."}, key=key)

    def adjust(key: str) -> Any:
        return send(client, f"/v1{path}/adjustments", {"amount": "1", "reason": "A test."}, key=key)

    def create(key: str) -> Any:
        headers = {"Idempotency-Key": key}
        return client.post("/budgets", budget_body(scene.alices, categories=[key]), headers=headers)

    before = (
        statements(lambda: change("700")),
        statements(lambda: move("m1"), status=201),
        statements(lambda: adjust("a1"), status=201),
        statements(lambda: create("c1"), status=201),
    )
    for number in range(5):
        change(f"{800 + number}")
        move(f"more-{number}")
    after = (
        statements(lambda: change("700")),
        statements(lambda: move("m2"), status=201),
        statements(lambda: adjust("a2"), status=201),
        statements(lambda: create("c2"), status=201),
    )
    assert before == after
    assert statements(lambda: move("m2"), status=201) == 5  # replayed: both budgets, claim, look up
