"""Who is told of budgets of each scope. Each message is brought about over the interface and by the services."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from budgets.services.alerts import FOLLOWER, follow_alerts
from compliance.models import Role
from ledger.models import OutboxMessage
from ledger.services.following import follow
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.asking import approve, ask, refused_txn
from tests.wallets.budgets import pay
from tests.wallets.notices import titles
from tests.wallets.scene import Scene
from wallets.models import Notification
from wallets.selectors.notifications import inbox_of, words_of
from wallets.services.notifications.noting import note

REACHED, EXCEEDED, CHANGED = "Trips has reached 50 %", "Trips refused a spend", "Trips was changed"
ASKED, DECIDED = "Somebody asks for 2.00 EUR more budget", "Your request for 2.00 EUR more budget is approved"
WATCHED = {"name": "Trips", "total_amount": "10", "currency": "EUR", "thresholds": [50]}


@pytest.fixture(autouse=True)
def _read_over(db: None) -> None:
    """Whatever others have left is told by nobody here."""
    while follow(FOLLOWER, lambda _: None).is_behind:
        pass


def budget_of(scene: Scene, scope: str) -> dict[str, Any]:
    """One of 10.00 EUR that covers what alice spends."""
    subject = {"WALLET": {"wallet_id": str(scene.alices.id)}, "TEAM": {"team_id": str(scene.cast.alice.team_id)}}
    response = api_as(scene.cast.frida).post("/v1/budgets", {**WATCHED, **subject.get(scope, {})})
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["scope"]) == (201, scope), body
    return body


def use_up(scene: Scene, budget: dict[str, Any]) -> str:
    """Alice pays 6.00, and 6.00 more are refused by this budget. Returns the refused document."""
    assert pay(scene, "6", reference=f"{budget['budget_id']}-1").status_code == 201
    refused = refused_txn(pay(scene, "6", reference=f"{budget['budget_id']}-2"))
    while follow_alerts().is_behind:
        pass
    return refused


def give_more(scene: Scene, refused: str) -> None:
    """Alice asks for what was lacking, and finance gives it."""
    approve(scene.cast.frida, ask(scene.cast.alice, txn_id=refused))


def alter(scene: Scene, budget: dict[str, Any], **change: Any) -> None:
    path = f"/budgets/{budget['budget_id']}"  # without If-Match
    response = api_as(scene.cast.frida).put(path, {"reason": "A test.", **change})
    assert response.status_code == 200, response.json()


def messages_of(*budgets: dict[str, Any]) -> list[OutboxMessage]:
    ids = [budget["budget_id"] for budget in budgets]
    return list(OutboxMessage.objects.filter(aggregate_id__in=ids).order_by("created_at", "sequence"))


def told(scene: Scene) -> dict[str, list[str]]:
    names = ("alice", "bob", "charlie", "frida", "conny", "audrey")
    return {name: sorted(found) for name in names if (found := titles(getattr(scene.cast, name)))}


WHO = {
    "WALLET": {"alice": [EXCEEDED, REACHED, CHANGED, DECIDED], "bob": [EXCEEDED, REACHED, ASKED]},
    "TEAM": {"alice": [DECIDED], "bob": [EXCEEDED, REACHED, CHANGED], "frida": [ASKED]},
    "COMPANY": {"alice": [DECIDED], "frida": [EXCEEDED, REACHED, CHANGED, ASKED]},
}


@pytest.mark.parametrize("scope", WHO)
def test_who_is_told_of_a_budget_of_each_scope(scene: Scene, scope: str) -> None:
    budget = budget_of(scene, scope)
    give_more(scene, use_up(scene, budget))
    note(messages_of(budget))
    assert told(scene) == {name: sorted(titles) for name, titles in WHO[scope].items()}


def test_managers_of_another_team_and_finance_of_another_company_hear_nothing(scene: Scene) -> None:
    colleague = UserFactory(company=scene.cast.company, team=scene.cast.charlie.team, role=Role.MANAGER)
    strangers = [colleague, UserFactory(role=Role.FINANCE), UserFactory(role=Role.MANAGER)]
    for scope in ("TEAM", "COMPANY"):
        budget = budget_of(scene, scope)
        alter(scene, budget, total_amount="20")
        note(messages_of(budget))
    assert told(scene) == {"bob": [CHANGED], "frida": [CHANGED]}
    assert [titles(stranger) for stranger in strangers] == [[], [], []]


def test_finance_hears_of_a_team_without_a_manager(scene: Scene) -> None:
    response = api_as(scene.cast.frida).post("/v1/budgets", {**WATCHED, "team_id": str(scene.cast.charlie.team_id)})
    alter(scene, response.json(), total_amount="20")
    note(messages_of(response.json()))
    assert told(scene) == {"frida": [CHANGED]}


FOR_LONG = {"period_type": "CUSTOM", "start_date": "2020-01-01", "end_date": "2099-12-31"}
"""No second period is opened on any day."""
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "now": ({"total_amount": "12.5"}, "From {key} on, each period starts with 12.50 EUR."),
    "later": ({"total_amount": "12", "effective": "NEXT_PERIOD"}, "Each new period starts with 12.00 EUR."),
    "this period": ({"total_amount": "12", "effective": "THIS_PERIOD_ONLY"}, "It allows 2.00 EUR more in {key}."),
    "less": ({"total_amount": "7", "effective": "THIS_PERIOD_ONLY"}, "It allows 3.00 EUR less in {key}."),
    "no figures": ({"enforcement": "WARN"}, "See what is new."),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_said_of_a_change(scene: Scene, case: str) -> None:
    change, expected = CHANGES[case]
    response = api_as(scene.cast.frida).post("/v1/budgets", {**WATCHED, **FOR_LONG})
    budget = response.json()
    alter(scene, budget, **change)
    note(messages_of(budget))
    (row,) = inbox_of(scene.cast.frida)
    assert words_of(row).body == expected.format(key=budget["period"]["key"])


def test_what_a_period_was_given_before_is_not_told_as_its_total(scene: Scene) -> None:
    """The message's total is what new periods start with, and this one has more."""
    budget = budget_of(scene, "COMPANY")
    for amount in ("15", "18"):
        alter(scene, budget, total_amount=amount, effective="THIS_PERIOD_ONLY")
    note(messages_of(budget))
    bodies = {words_of(row).body for row in inbox_of(scene.cast.frida)}
    assert bodies == {f"It allows {more} EUR more in {budget['period']['key']}." for more in ("5.00", "3.00")}


def test_many_budgets_take_as_many_queries_as_one(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    budgets = []
    for scope in WHO:
        budgets.append(budget_of(scene, scope))
        alter(scene, budgets[-1], total_amount="11")
    use_up(scene, budgets[0])
    one, many = messages_of(budgets[0])[-1:], messages_of(*budgets)
    assert len(many) > 10
    for messages in (one, many):
        # the clock; names of budgets; owners, people, managers and finance; wishes; the rows
        with django_assert_num_queries(7):
            note(messages)
    assert Notification.objects.filter(user=scene.cast.frida, kind="BUDGET_CHANGED").count() == 1
