"""`/v1/budget-decisions`: what budgets and limits have said about spends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.clients import api_as
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, problem_of, send, transfer_body


@pytest.fixture
def decided(scene: Scene) -> dict[str, str]:
    """alice paid 5 when nothing bound her, then 40 under a budget, was refused 30, held 10, and was refused 1 by a
    limit. By what it was about: the document."""
    free = pay(scene, "5", reference="free").json()["txn_id"]
    set_budget(scene.cast.bob, scene.alices, "60", period_type="WEEKLY")
    fits = pay(scene, "40", reference="fits").json()["txn_id"]
    refused = pay(scene, "30", reference="refused").json()["txn_id"]
    held = reserve(scene.cast.alice, scene.alices, "10")["txn_id"]
    set_limit(scene.cast.bob, scene, max_amount="0.5")
    limited = pay(scene, "1", reference="limited").json()["txn_id"]
    return {"free": free, "fits": fits, "refused": refused, "held": held, "limited": limited}


def listed(scene: Scene, query: str, *, by: str = "alice") -> list[dict[str, Any]]:
    answer = api_as(getattr(scene.cast, by)).get(f"/v1/budget-decisions?{query}")
    assert answer.status_code == 200, answer.json()
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def test_the_decisions_about_a_wallet(scene: Scene, decided: dict[str, str]) -> None:
    by_wallet = f"wallet_id={scene.alices.id}"
    rows = listed(scene, by_wallet)
    assert [(row["txn_id"], row["outcome"], row["code"]) for row in rows] == [
        (decided["fits"], "ACCEPTED", None),
        (decided["refused"], "REFUSED", "budget.exceeded"),
        (decided["held"], "ACCEPTED", None),
        (decided["limited"], "REFUSED", "limit.exceeded"),
    ]
    for outcome, places in (("ACCEPTED", (0, 2)), ("REFUSED", (1, 3))):
        assert listed(scene, f"{by_wallet}&outcome={outcome}") == [rows[place] for place in places]
    assert listed(scene, f"{by_wallet}&order=desc") == rows[::-1]
    first = api_as(scene.cast.alice).get(f"/v1/budget-decisions?{by_wallet}&limit=3").json()
    assert [*first["data"], *listed(scene, f"cursor={first['page']['next_cursor']}")] == rows


def test_a_record_tells_every_layer(scene: Scene, decided: dict[str, str]) -> None:
    record = api_as(scene.cast.alice).get(f"/v1/budget-decisions/{decided['refused']}").json()
    (row,) = [row for row in listed(scene, f"wallet_id={scene.alices.id}") if row["txn_id"] == decided["refused"]]
    assert record == {**row, "later": []}
    assert record.keys() == {
        *("txn_id", "wallet_id", "amount", "currency", "outcome", "code", "decided_at", "gates", "later")
    }
    told = {gate["gate"]: gate for gate in record["gates"]}
    assert (told["funds"]["ok"], told["funds"]["available"]) == (True, "55.00")
    assert (told["budget"]["ok"], told["budget"]["available"], told["budget"]["shortfall"]) == (False, "20.00", "10.00")


def test_the_decisions_that_a_budget_was_asked_for(scene: Scene, decided: dict[str, str]) -> None:
    team = {"team_id": str(scene.cast.alice.team_id), "total_amount": "600"}
    budget_id = api_as(scene.cast.frida).post("/v1/budgets", team).json()["budget_id"]
    for to in (scene.bobs, scene.charlies):
        body = transfer_body(scene.alices, to, "0.1")
        assert send(api_as(scene.cast.alice), "/v1/transfers", body, key=str(to.id)).status_code == 201
    (row,) = listed(scene, f"budget_id={budget_id}", by="bob")
    assert row["amount"] == "0.10"
    assert listed(scene, f"budget_id={budget_id}&wallet_id={scene.alices.id}", by="bob") == [row]
    assert listed(scene, f"budget_id={budget_id}&wallet_id={scene.bobs.id}", by="bob") == []
    weekly = api_as(scene.cast.alice).get(f"/v1/users/{scene.cast.alice.id}/budgets").json()["budgets"][0]
    asked = listed(scene, f"budget_id={weekly['budget_id']}")
    assert {decided["fits"], decided["refused"], decided["held"], decided["limited"]} < {row["txn_id"] for row in asked}


def test_what_nobody_was_asked_about_and_what_one_may_not_see(scene: Scene, decided: dict[str, str]) -> None:
    path = "/v1/budget-decisions"
    problem_of(api_as(scene.cast.alice).get(f"{path}/{decided['free']}"), 404, "not_found")
    problem_of(api_as(scene.cast.charlie).get(f"{path}/{decided['fits']}"), 404, "not_found")
    problem_of(api_as(scene.cast.charlie).get(f"{path}?wallet_id={scene.alices.id}"), 404, "not_found")
    problem_of(api_as(scene.cast.alice).get(path), 400, "request.validation")
    for name in ("bob", "frida", "conny", "audrey", "bookings"):
        assert api_as(getattr(scene.cast, name)).get(f"{path}/{decided['fits']}").status_code == 200


def test_the_receiver_does_not_learn_what_binds_the_payer(scene: Scene, decided: dict[str, str]) -> None:
    body = transfer_body(scene.alices, scene.charlies, "0.1")
    txn_id = send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"]
    assert api_as(scene.cast.charlie).get(f"/v1/transactions/{txn_id}").status_code == 200
    problem_of(api_as(scene.cast.charlie).get(f"/v1/budget-decisions/{txn_id}"), 404, "not_found")
    assert api_as(scene.cast.alice).get(f"/v1/budget-decisions/{txn_id}").json()["outcome"] == "ACCEPTED"
