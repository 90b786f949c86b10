"""Two requests with one key about a budget, at the same time: it happens once, and both get the same answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from budgets.models import Budget
from tests.compliance.clients import api_as
from tests.ledger.sessions import together
from tests.wallets.budgets import budget_body, set_budget
from tests.wallets.scene import make_scene, send

pytestmark = pytest.mark.usefixtures("committed_db")


def test_a_budget_is_set_once() -> None:
    scene = make_scene()
    client, body = api_as(scene.cast.bob), budget_body(scene.alices)
    answers: list[Any] = together([partial(send, client, "/v1/budgets", body) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert Budget.objects.filter(wallet_id=scene.alices.id).count() == 1


def test_a_budget_is_adjusted_once() -> None:
    scene = make_scene()
    budget = set_budget(scene.cast.bob, scene.alices, "60")
    path = f"/v1/budgets/{budget['budget_id']}/adjustments"
    body, client = {"amount": "40", "reason": "Once."}, api_as(scene.cast.bob)
    answers: list[Any] = together([partial(send, client, path, body) for _ in range(4)])
    assert {answer.json()["total_amount"] for answer in answers} == {"100.00"}
    assert client.get(f"/v1/budgets/{budget['budget_id']}").json()["total_amount"] == "100.00"
