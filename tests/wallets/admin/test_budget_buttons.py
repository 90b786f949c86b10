"""What may be done to budgets, limits and requests at the back office, by whom, and what people are told."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from budgets.models import Budget, BudgetRevision, BudgetTemplate, Limit
from budgets.models.vocabulary import BudgetStatus
from compliance.models import User
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told, wallet_path
from tests.wallets.admin.test_budgets import BUDGETS, LIMITS, budget_path
from tests.wallets.budgets import pay, set_budget, set_limit
from tests.wallets.scene import Scene, nothing_recorded
from wallets.admin.budgets.forms import proof_of

REQUESTS, TEMPLATES = "/admin/budgets/budgetrequest/", "/admin/budgets/budgettemplate/"
KEY = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0c1"
EDIT = ("change_amount", "move", "copy_on", "change_mode", "suspend", "reactivate", "end")


def send(user: User, path: str, **form: str) -> Any:
    return at_desk(user).post(path, {"reason": "Asked for.", "_form_submitted": "True", **form})


def sure(amount: str, effective: str = "NOW") -> dict[str, str]:
    """The form of a change whose consequences were looked at."""
    return {"amount": amount, "effective": effective, "seen": proof_of(Decimal(amount), effective)}


def buttons_on(user: User, path: str) -> set[str]:
    return set(re.findall(r'hx-get="/admin/[^"]+/([a-z_]+)/"', page(at_desk(user), path)))


@pytest.fixture
def meals(scene: Scene) -> dict[str, Any]:
    return set_budget(scene.cast.frida, scene.alices, "60", name="Meals")


def row(budget: dict[str, Any]) -> Budget:
    return Budget.objects.get(id=budget["budget_id"])


def test_a_change_is_shown_before_it_is_done(scene: Scene, meals: dict[str, Any]) -> None:
    assert pay(scene, "30").status_code == 201
    path, lowered = budget_path(meals, "change_amount"), {"amount": "20", "effective": "NOW"}
    with nothing_recorded():
        shown = send(scene.cast.bob, path, **lowered)
        assert "HX-Redirect" not in shown.headers
    text = shown.content.decode()
    for words in ("60.00 EUR", "20.00 EUR", "30.00 EUR", "−10.00 EUR", "refuses every spend until the next period"):
        assert words in text
    assert f'value="{proof_of(Decimal(20), "NOW")}"' in text
    assert (row(meals).amount, BudgetRevision.objects.filter(budget_id=row(meals).id).count()) == (60, 1)
    assert "HX-Redirect" in send(scene.cast.bob, path, **sure("20")).headers
    assert row(meals).amount == 20
    assert "Asked for." in page(at_desk(scene.cast.bob), budget_path(meals))


def test_what_was_seen_is_what_is_done(scene: Scene, meals: dict[str, Any]) -> None:
    seen = {**sure("70"), "amount": "7000"}
    assert "HX-Redirect" not in send(scene.cast.bob, budget_path(meals, "change_amount"), **seen).headers
    stale = {**sure("70"), "version": str(row(meals).version)}
    earlier = {"thresholds": [10], "reason": "Earlier."}
    assert api_as(scene.cast.bob).put(f"/budgets/{meals['budget_id']}", earlier).status_code == 200
    client = at_desk(scene.cast.bob)
    client.post(budget_path(meals, "change_amount"), {**stale, "reason": "Late.", "_form_submitted": "True"})
    assert told(client) == ["The budget has changed since you read it. Read it again."]
    assert row(meals).amount == 60


@pytest.mark.parametrize("amount", ["", "0", "-5", "1e3", "12,50", "12.50505"])
def test_amounts_are_as_strict_as_the_interface(scene: Scene, meals: dict[str, Any], amount: str) -> None:
    with nothing_recorded():
        answer = send(scene.cast.bob, budget_path(meals, "change_amount"), amount=amount, effective="NOW")
    assert "HX-Redirect" not in answer.headers
    assert b"What would change" not in answer.content
    assert row(meals).amount == 60


def test_what_is_left_is_moved_once(scene: Scene, meals: dict[str, Any]) -> None:
    travel = set_budget(scene.cast.frida, scene.bobs, "10", name="Travel")
    form = {"amount": "15", "receiver": travel["budget_id"], "key": KEY}
    assert "Travel, Bob Winter, 10.00 left" in page(at_desk(scene.cast.frida), budget_path(meals, "move"))
    for _ in range(2):
        assert "HX-Redirect" in send(scene.cast.frida, budget_path(meals, "move"), **form).headers
    assert "45.00 EUR left of 45.00" in page(at_desk(scene.cast.frida), budget_path(meals))
    assert "25.00 EUR left of 25.00" in page(at_desk(scene.cast.frida), budget_path(travel))


def test_a_manager_moves_nothing_to_where_he_may_not(scene: Scene, meals: dict[str, Any]) -> None:
    own = set_budget(scene.cast.frida, scene.bobs, name="Bob's own")
    foreign = set_budget(scene.cast.frida, scene.charlies, name="Charlie's")
    text = page(at_desk(scene.cast.bob), budget_path(meals, "move"))
    assert "Bob&#x27;s own" not in text
    assert "Charlie" not in text
    for budget in (own, foreign):
        with nothing_recorded():
            form = {"amount": "1", "receiver": budget["budget_id"], "key": KEY}
            assert "HX-Redirect" not in send(scene.cast.bob, budget_path(meals, "move"), **form).headers


def test_the_other_buttons(scene: Scene, meals: dict[str, Any]) -> None:
    bob = scene.cast.bob
    send(bob, budget_path(meals, "change_mode"), enforcement="WARN", buffer_amount="0", buffer_percent="0")
    assert row(meals).enforcement == "WARN"
    send(bob, budget_path(meals, "suspend"))
    assert row(meals).status == BudgetStatus.SUSPENDED
    assert buttons_on(bob, budget_path(meals)) == {"change_amount", "change_mode", "reactivate", "end"}
    send(bob, budget_path(meals, "reactivate"))
    assert row(meals).status == BudgetStatus.ACTIVE
    send(bob, budget_path(meals, "end"), last_day="2099-12-31")
    assert str(row(meals).end_date) == "2100-01-01"


def test_who_is_offered_what(scene: Scene, meals: dict[str, Any]) -> None:
    cast, own = scene.cast, set_budget(scene.cast.frida, scene.bobs, name="Bob's own")
    usual = {"change_amount", "move", "copy_on", "change_mode", "suspend", "end"}
    assert buttons_on(cast.bob, budget_path(meals)) == buttons_on(cast.frida, budget_path(meals)) == usual
    assert buttons_on(cast.bob, budget_path(own)) == set()
    assert buttons_on(cast.audrey, budget_path(meals)) == buttons_on(cast.conny, budget_path(meals)) == set()
    with nothing_recorded():
        client = at_desk(cast.bob)
        client.post(budget_path(own, "suspend"), {"reason": "Mine.", "_form_submitted": "True"})
        assert told(client) == ["You may see this, but your role may not do that."]
        for button in EDIT:
            assert send(cast.audrey, budget_path(meals, button)).status_code == 403
    assert "new_budget" in buttons_on(cast.frida, BUDGETS)
    assert "new_budget" not in buttons_on(cast.bob, BUDGETS)


NEW = {
    "total_amount": "600.00",
    "period_type": "MONTHLY",
    "enforcement": "BLOCK",
    "buffer_percent": "0",
    "rollover": "SURPLUS",
    "categories": "meals, travel",
    "thresholds": "50, 80",
}


def test_a_budget_is_set_from_a_wallets_page(scene: Scene) -> None:
    answer = send(scene.cast.bob, wallet_path(scene.alices, "new_budget"), **NEW)
    budget = Budget.objects.get(wallet_id=scene.alices.id)
    assert answer.headers["HX-Redirect"] == f"{BUDGETS}{budget.id}/change/"
    assert (budget.amount, budget.categories, budget.thresholds) == (600, ["meals", "travel"], [50, 80])
    assert budget.rollover == "SURPLUS"
    assert (budget.user_id, budget.created_by) == (scene.cast.alice.id, scene.cast.bob.id)
    client = at_desk(scene.cast.bob)
    client.post(wallet_path(scene.alices, "new_budget"), {**NEW, "reason": "Again.", "_form_submitted": "True"})
    assert told(client) == [
        "There is an active budget of this scope, period type, currency and set of categories at that time."
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"total_amount": "0"}, {"thresholds": "eighty"}, {"categories": "x" * 65}, {"parent_id": KEY}, {"reason": ""}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_budget_that_makes_no_sense_is_not_set(scene: Scene, wrong: dict[str, str]) -> None:
    answer = send(scene.cast.bob, wallet_path(scene.alices, "new_budget"), **{**NEW, **wrong})
    assert "HX-Redirect" not in answer.headers
    assert not Budget.objects.filter(wallet_id=scene.alices.id).exists()


def test_nobody_sets_rules_of_what_he_may_not_see_or_what_is_his_own(scene: Scene) -> None:
    for button, form in (("new_budget", NEW), ("new_limit", {**LIMIT, "max_amount": "5"})):
        assert send(scene.cast.bob, wallet_path(scene.charlies, button), **form).status_code == 404
        assert send(scene.cast.audrey, wallet_path(scene.alices, button), **form).status_code == 403
        send(scene.cast.bob, wallet_path(scene.bobs, button), **form)
    assert not Budget.objects.filter(company_id=scene.cast.company.id).exists()
    assert not Limit.objects.filter(company_id=scene.cast.company.id).exists()


def test_finance_sets_budgets_of_teams_and_the_company(scene: Scene) -> None:
    team_id = scene.cast.alice.team_id
    for team in (str(team_id), ""):
        send(scene.cast.frida, f"{BUDGETS}new_budget/", **NEW, team=team)
    kept = Budget.objects.filter(company_id=scene.cast.company.id)
    assert set(kept.values_list("scope", "team_id")) == {("TEAM", team_id), ("COMPANY", None)}
    assert send(scene.cast.bob, f"{BUDGETS}new_budget/", **NEW, team="").status_code == 403


LIMIT = {"window": "DAILY", "limited_type": "ANY", "covers": "ONE"}


def test_limits_are_set_changed_and_ended(scene: Scene) -> None:
    send(scene.cast.bob, wallet_path(scene.alices, "new_limit"), **LIMIT, max_amount="50.00", max_count="3")
    limit = Limit.objects.get(user_id=scene.cast.alice.id)
    assert (limit.wallet_id, limit.max_amount, limit.max_count) == (scene.alices.id, 50, 3)
    path = f"{LIMITS}{limit.id}"
    send(scene.cast.bob, f"{path}/change_figures/", max_amount="40")
    limit.refresh_from_db()
    assert (limit.max_amount, limit.max_count) == (40, None)
    assert buttons_on(scene.cast.bob, f"{path}/change/") == {"change_figures", "end"}
    send(scene.cast.bob, f"{path}/end/")
    limit.refresh_from_db()
    assert limit.status == "ENDED"
    assert buttons_on(scene.cast.bob, f"{path}/change/") == set()


def test_limits_of_others_are_not_there(scene: Scene) -> None:
    foreign = set_limit(scene.cast.frida, scene, user_id=str(scene.cast.charlie.id))
    with nothing_recorded():
        for button in ("change_figures", "end"):
            assert send(scene.cast.bob, f"{LIMITS}{foreign['limit_id']}/{button}/", max_amount="1").status_code == 404
    assert foreign["limit_id"] not in page(at_desk(scene.cast.bob), LIMITS)


def asked(scene: Scene, meals: dict[str, Any], **more: Any) -> dict[str, Any]:
    """alice asks for what a spend of 80.00 lacked."""
    refused = pay(scene, "80")
    assert refused.status_code == 422
    body = {"txn_id": refused.json()["txn_id"], "kind": "ONCE", "reason": "Team dinner.", **more}
    answer: Any = api_as(scene.cast.alice).post("/v1/budget-requests", body)
    assert answer.status_code == 201, answer.content
    request: dict[str, Any] = answer.json()
    return request


def test_a_request_is_approved_and_the_spend_goes_through(scene: Scene, meals: dict[str, Any]) -> None:
    path = f"{REQUESTS}{asked(scene, meals)['request_id']}"
    text = page(at_desk(scene.cast.bob), f"{path}/change/")
    for words in ("20.00 EUR", "Once, for this spend", "Alice Winter", "Team dinner.", "Waits for more"):
        assert words in text
    assert buttons_on(scene.cast.bob, f"{path}/change/") == {"approve", "reject"}
    assert "for the one refused spend" in page(at_desk(scene.cast.bob), f"{path}/approve/")
    client = at_desk(scene.cast.bob)
    client.post(f"{path}/approve/", {"reason": "Worth it.", "_form_submitted": "True"})
    assert told(client) == ["The request is approved. The spend went through."]
    assert "0.00 EUR left of 80.00" in page(client, budget_path(meals))
    assert buttons_on(scene.cast.bob, f"{path}/change/") == set()


def test_a_request_is_rejected(scene: Scene, meals: dict[str, Any]) -> None:
    path, client = f"{REQUESTS}{asked(scene, meals)['request_id']}", at_desk(scene.cast.bob)
    client.post(f"{path}/reject/", {"reason": "Not now.", "_form_submitted": "True"})
    assert told(client) == ["The request is rejected."]
    assert "Not now." in page(client, f"{path}/change/")


def test_requests_are_for_who_may_answer_them(scene: Scene, meals: dict[str, Any]) -> None:
    path = f"{REQUESTS}{asked(scene, meals)['request_id']}"
    stranger = scene.cast.charlie
    User.objects.filter(id=stranger.id).update(role="MANAGER")
    stranger.refresh_from_db()
    with nothing_recorded():
        for button in ("approve", "reject"):
            assert send(scene.cast.audrey, f"{path}/{button}/").status_code == 403
            assert send(stranger, f"{path}/{button}/").status_code == 404
    assert "Team dinner." not in page(at_desk(stranger), REQUESTS)
    assert "Team dinner." in page(at_desk(scene.cast.bob), REQUESTS)


TEMPLATE = {
    "name": "Meals",
    "role": "",
    "amount": "600.00",
    "currency": "EUR",
    "period_type": "MONTHLY",
    "enforcement": "BLOCK",
    "buffer_percent": "0",
    "categories": "meals",
    "thresholds": "80",
    "rollover": "NONE",
}


def test_templates_are_finances_to_set(scene: Scene) -> None:
    frida, bob = scene.cast.frida, scene.cast.bob
    send(frida, f"{TEMPLATES}new_template/", **TEMPLATE)
    template = BudgetTemplate.objects.get(company_id=scene.cast.company.id)
    assert (template.amount, template.categories, template.thresholds) == (600, ["meals"], [80])
    path = f"{TEMPLATES}{template.id}"
    assert 'value="600.00"' in page(at_desk(frida), f"{path}/change_template/")
    send(frida, f"{path}/change_template/", **{**TEMPLATE, "amount": "700", "version": "1"})
    template.refresh_from_db()
    assert (template.amount, template.version) == (700, 2)
    assert buttons_on(frida, f"{path}/change/") == {"change_template", "deactivate"}
    send(frida, f"{path}/deactivate/")
    assert buttons_on(frida, f"{path}/change/") == {"change_template", "activate"}
    assert buttons_on(bob, f"{path}/change/") == set()
    for button in ("change_template", "deactivate", "activate"):
        assert send(bob, f"{path}/{button}/", **TEMPLATE).status_code == 403
        assert send(make_cast().frida, f"{path}/{button}/", **TEMPLATE).status_code == 404


def test_a_template_that_makes_no_sense_is_not_set(scene: Scene) -> None:
    for wrong in ({"amount": "0.00001"}, {"thresholds": "eighty"}, {"period_type": "CUSTOM"}, {"name": ""}):
        answer = send(scene.cast.frida, f"{TEMPLATES}new_template/", **{**TEMPLATE, **wrong})
        assert "HX-Redirect" not in answer.headers
    assert not BudgetTemplate.objects.filter(company_id=scene.cast.company.id).exists()
