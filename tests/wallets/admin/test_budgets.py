"""Budgets at the back office: whose one sees, what their pages show, and what they cost."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget
from ledger.models import OutboxMessage
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.admin.staff import at_desk, page, wallet_path
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.scene import Scene, give_wallet
from wallets.admin.budgets.screen import BudgetAdmin

BUDGETS, LIMITS = "/admin/budgets/budget/", "/admin/budgets/limit/"


def budget_path(budget: dict[str, Any], name: str = "change") -> str:
    return f"{BUDGETS}{budget['budget_id']}/{name}/"


def company_budget(scene: Scene, amount: str) -> dict[str, Any]:
    """Of the whole company, which finance sets."""
    body = {"total_amount": amount, "currency": "EUR", "name": "Company", "reason": "The year's plan."}
    response: Any = api_as(scene.cast.frida).post("/v1/budgets", body)
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


@pytest.fixture
def used(scene: Scene) -> dict[str, Any]:
    """A monthly budget of alice's of which 30.00 of 60.00 EUR are spent; 50.00 more were asked for in vain."""
    budget = set_budget(scene.cast.frida, scene.alices, "60", name="Meals", categories=["meals"], thresholds=[20, 80])
    assert pay(scene, "30", category="meals").status_code == 201
    assert pay(scene, "50", reference="b-2", category="meals").status_code == 422
    return budget


def test_the_list_says_it_in_words(scene: Scene, used: dict[str, Any]) -> None:
    text = page(at_desk(scene.cast.bob), BUDGETS)
    for words in ("Meals", "Alice Winter", "30.00 EUR left of 60.00", "30.00 spent, 0.00 reserved", "50 % used"):
        assert words in text
    assert 'width="50.0%"' in text


def test_managers_see_their_teams_budgets_only(scene: Scene, used: dict[str, Any]) -> None:
    foreign = set_budget(scene.cast.frida, scene.charlies, name="Not for Bob")
    client = at_desk(scene.cast.bob)
    assert "Not for Bob" not in page(client, BUDGETS)
    assert "Not for Bob" in page(at_desk(scene.cast.frida), BUDGETS)
    for name in ("change", "days/2026-11", "change_amount", "move", "change_mode", "suspend", "reactivate", "end"):
        assert client.get(budget_path(foreign, name)).status_code == 404
    assert client.get(budget_path(used)).status_code == 200


def test_the_page_shows_where_it_went(scene: Scene, used: dict[str, Any]) -> None:
    text = page(at_desk(scene.cast.bob), budget_path(used))
    for name, amount in (("Starts with", "60.00"), ("Spent", "−30.00"), ("Left", "30.00"), ("Carried out", "0.00")):
        assert f'<th scope="row">{name}</th>' in text
        assert f"{amount} EUR" in text
    for words in ("The same as a table", "ACCEPTED", "REFUSED", "budget.exceeded", "20.00 EUR", "Set to", "Forecast:"):
        assert words in text


def test_the_history_says_amounts_and_names_the_other_budget(scene: Scene, used: dict[str, Any]) -> None:
    fair = set_budget(scene.cast.frida, scene.alices, "50", name="Fair", categories=["fair"])
    frida = api_as(scene.cast.frida)
    moved = {"from_budget_id": fair["budget_id"], "to_budget_id": used["budget_id"], "amount": "7.5", "reason": "More."}
    assert frida.post("/v1/budget-transfers", moved, headers={"Idempotency-Key": "m-1"}).status_code == 201
    capped = {"rollover": "SURPLUS", "rollover_cap": "20", "reason": "Keep some."}
    assert frida.put(f"/budgets/{used['budget_id']}", capped).status_code == 200
    text = page(at_desk(scene.cast.bob), budget_path(used))
    assert "<strong>Adjustments</strong> 0.00 → 7.50 EUR" in text
    assert "<strong>Rollover cap</strong> none → 20.00 EUR" in text
    assert f'href="{budget_path(fair)}"' in text


def test_what_is_below_a_budget_is_added_up(scene: Scene) -> None:
    team = company_budget(scene, "100")
    for number, wallet in enumerate((scene.alices, scene.bobs)):
        set_budget(scene.cast.frida, wallet, "56", name=f"Child {number}", parent_id=team["budget_id"])
    text = page(at_desk(scene.cast.frida), budget_path(team))
    assert "Allocated 112 %: 112.00 of 100.00 EUR." in text
    assert "Child 0" in text


def test_a_period_is_picked_by_its_key(scene: Scene, used: dict[str, Any]) -> None:
    key, client = used["period"]["key"], at_desk(scene.cast.bob)
    assert f"<option selected>{key}</option>" in page(client, f"{budget_path(used)}?period={key}")
    assert client.get(f"{budget_path(used)}?period=1999-01").status_code == 404


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("over_pct=80", False),
        ("enforcement__exact=BLOCK", True),
        ("enforcement__exact=WARN", False),
        ("period_type__exact=MONTHLY", True),
        ("category=meals", True),
        ("category=travel", False),
        ("status__exact=SUSPENDED", False),
        ("q=winter+meals", False),
        ("q=winter", True),
        ("q=meal", True),
        ("team=nonsense", False),
    ],
)
def test_filters(scene: Scene, used: dict[str, Any], query: str, is_there: bool) -> None:
    text = page(at_desk(scene.cast.frida), f"{BUDGETS}?{query}")
    assert ("30.00 EUR left" in text) == is_there


def test_the_filter_of_near_ones_and_of_teams(scene: Scene, used: dict[str, Any]) -> None:
    assert pay(scene, "20", reference="b-3", category="meals").status_code == 201
    client, team = at_desk(scene.cast.frida), scene.cast.bob.team_id
    assert "10.00 EUR left" in page(client, f"{BUDGETS}?over_pct=80&team={team}")
    assert "10.00 EUR left" not in page(client, f"{BUDGETS}?over_pct=100")
    assert "10.00 EUR left" not in page(client, f"{BUDGETS}?team={scene.cast.charlie.team_id}")


def test_a_page_costs_the_same_however_many_are_on_it(scene: Scene, used: dict[str, Any]) -> None:
    client = at_desk(scene.cast.frida)
    set_limit(scene.cast.frida, scene)
    for path in (BUDGETS, wallet_path(scene.alices), LIMITS):
        page(client, path)
    before = cost(client, BUDGETS), cost(client, wallet_path(scene.alices)), cost(client, LIMITS)
    for number in range(4):
        wallet = give_wallet(UserFactory(company=scene.cast.company, team=scene.cast.alice.team))
        set_budget(scene.cast.frida, wallet, name=f"More {number}")
        set_budget(scene.cast.frida, scene.alices, name=f"Of alice {number}", categories=[f"c{number}"])
        set_limit(scene.cast.frida, scene, user_id=str(wallet.user_id))
    assert (cost(client, BUDGETS), cost(client, wallet_path(scene.alices)), cost(client, LIMITS)) == before


def cost(client: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        page(client, path)
    return len(queries)


def test_the_list_as_a_file(scene: Scene, used: dict[str, Any]) -> None:
    Budget.objects.filter(id=used["budget_id"]).update(name='=HYPERLINK("http://x")')
    set_budget(scene.cast.frida, scene.charlies, name="Not for Bob")
    response: Any = at_desk(scene.cast.bob).get(f"{BUDGETS}export/csv/?enforcement__exact=BLOCK")
    assert response.headers["Content-Disposition"] == 'attachment; filename="budget.csv"'
    text = b"".join(response.streaming_content).decode()
    (row,) = csv.DictReader(StringIO(text))
    assert row["name"] == '\'=HYPERLINK("http://x")'
    assert (row["allowed"], row["spent"], row["reserved"], row["left"]) == ("60.00", "30.00", "0.00", "30.00")
    assert (row["used_percent"], row["user_id"]) == ("50", str(scene.cast.alice.id))
    assert "Winter" not in text
    assert at_desk(scene.cast.bob).get(f"{BUDGETS}export/csv/?created_by__gt=0").status_code == 400


def test_a_page_past_the_last_is_no_file(scene: Scene, used: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    set_budget(scene.cast.frida, scene.alices, name="Another")
    monkeypatch.setattr(BudgetAdmin, "list_per_page", 1)
    client = at_desk(scene.cast.bob)
    assert client.get(f"{BUDGETS}export/csv/?p=999").status_code == 404
    assert client.get(f"{BUDGETS}export/csv/?p=2").status_code == 200


def test_the_days_as_a_file(scene: Scene, used: dict[str, Any]) -> None:
    response = at_desk(scene.cast.bob).get(budget_path(used, f"days/{used['period']['key']}"))
    rows = list(csv.DictReader(StringIO(response.content.decode())))
    assert (rows[-1]["spent"], rows[-1]["spent_so_far"], rows[-1]["currency"]) == ("30.00", "30.00", "EUR")
    assert rows[0]["day"] == used["start_date"]


def test_limits_as_bars(scene: Scene) -> None:
    limit = set_limit(scene.cast.frida, scene, max_count=3)
    assert pay(scene, "30").status_code == 201
    client = at_desk(scene.cast.bob)
    for text in (page(client, LIMITS), page(client, wallet_path(scene.alices))):
        for words in ("Daily limit", "20.00 EUR left of 50.00", "2 spends left of 3", "30.00 used, 0.00 reserved"):
            assert words in text
    assert client.get(f"{LIMITS}{limit['limit_id']}/change/").status_code == 200


def test_a_wallets_page_shows_its_budgets(scene: Scene, used: dict[str, Any]) -> None:
    text = page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert "30.00 EUR left of 60.00" in text
    assert budget_path(used) in text


def test_messages_and_events_of_budgets_lead_to_them(scene: Scene, used: dict[str, Any]) -> None:
    client = at_desk(scene.cast.frida)
    assert budget_path(used) in page(client, "/admin/ledger/outboxmessage/")
    told = OutboxMessage.objects.get(aggregate_id=used["budget_id"], sequence=1)
    assert budget_path(used) in page(client, f"/admin/ledger/outboxmessage/{told.id}/change/")
    assert used["budget_id"] in page(client, f"/admin/ledger/event/{told.event_id}/change/")
