"""Who stands in for a manager sees what is that manager's to look after, for as long as it lasts (ADR 0037)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import Deputy, Role, User
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.compliance.standing_in import TWO_WEEKS, stand_in
from tests.wallets.budgets import give_rules, set_budget
from tests.wallets.scene import Scene


@pytest.fixture
def dora(scene: Scene) -> User:
    """Manages charlie's team."""
    office = scene.cast.charlie.team
    dora: User = UserFactory(company=scene.cast.company, team=office, first_name="Dora", role=Role.MANAGER)
    return dora


def team_budget(scene: Scene) -> str:
    wanted = {"team_id": str(scene.cast.alice.team_id), "total_amount": "600"}
    return str(api_as(scene.cast.frida).post("/v1/budgets", wanted).json()["budget_id"])


def ids(answer: Any, name: str) -> set[str]:
    return {row[name] for row in answer.json()["data"]}


def test_the_deputy_looks_after_the_team_while_it_lasts(scene: Scene, dora: User) -> None:
    give_rules(scene)
    alices, budget, team = f"/v1/wallets/{scene.alices.id}", team_budget(scene), str(scene.cast.alice.team_id)
    client = api_as(dora)
    assert client.get(alices).status_code == client.get(f"/v1/budgets/{budget}").status_code == 404

    row = stand_in(dora, for_=scene.cast.bob)
    assert client.get(alices).status_code == client.get(f"/v1/budgets/{budget}").status_code == 200
    assert ids(client.get("/v1/wallets"), "wallet_id") == {str(scene.alices.id), str(scene.charlies.id)}
    assert ids(client.get("/v1/teams"), "team_id") == {team, str(dora.team_id)}
    assert str(scene.cast.alice.id) in ids(client.get("/v1/users"), "user_id")
    assert len(client.get("/v1/budget-requests").json()["data"]) == len(client.get("/v1/limits").json()["data"]) == 1
    frozen = client.put(f"{alices}/status", {"status": "FROZEN", "reason": "Phone lost."})
    assert frozen.json()["status"] == "FROZEN"

    Deputy.objects.filter(id=row.id).update(ended_at=database_now())
    assert client.get(alices).status_code == client.get(f"/v1/budgets/{budget}").status_code == 404
    assert ids(client.get("/v1/teams"), "team_id") == {str(dora.team_id)}


def test_nobody_chooses_who_decides_about_himself(scene: Scene, dora: User) -> None:
    stand_in(dora, for_=scene.cast.bob)
    client = api_as(dora)
    assert client.get(f"/v1/wallets/{scene.bobs.id}").status_code == 404
    wanted = {"wallet_id": str(scene.bobs.id), "total_amount": "600"}
    assert client.post("/v1/budgets", wanted).status_code == 404
    assert client.get(f"/v1/users/{scene.cast.bob.id}").status_code == 404


def test_a_manager_without_a_team_stands_in_too(scene: Scene, dora: User) -> None:
    User.objects.filter(id=dora.id).update(team=None)
    client = api_as(dora)
    assert client.get("/v1/teams").json()["data"] == []
    stand_in(dora, for_=scene.cast.bob)
    assert ids(client.get("/v1/wallets"), "wallet_id") == {str(scene.alices.id)}


def test_before_it_begins_and_after_the_principal_left_nothing_is_seen(scene: Scene, dora: User) -> None:
    client, alices = api_as(dora), f"/v1/wallets/{scene.alices.id}"
    row = stand_in(dora, for_=scene.cast.bob, starts_at=database_now() + TWO_WEEKS)
    assert client.get(alices).status_code == 404
    Deputy.objects.filter(id=row.id).update(starts_at=database_now())
    assert client.get(alices).status_code == 200
    User.objects.filter(id=scene.cast.bob.id).update(role=Role.EMPLOYEE)
    assert client.get(alices).status_code == 404
    User.objects.filter(id=scene.cast.bob.id).update(role=Role.MANAGER, status="SUSPENDED")
    assert client.get(alices).status_code == 404


def test_to_stand_in_costs_no_query(scene: Scene, dora: User) -> None:
    set_budget(scene.cast.frida, scene.alices)
    set_budget(scene.cast.frida, scene.charlies)
    client = api_as(dora)
    paths = ("/v1/wallets", "/v1/budgets", "/v1/teams", "/v1/limits", f"/v1/wallets/{scene.charlies.id}")

    def count() -> list[int]:
        counts = []
        for path in paths:
            client.get(path)  # caches are warm
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        return counts

    before = count()
    for principal in (scene.cast.bob, UserFactory(company=scene.cast.company, role=Role.MANAGER)):
        stand_in(dora, for_=principal)
    assert count() == before
