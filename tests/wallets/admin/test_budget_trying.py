"""Asking a budget's page what another amount would have refused, and letting the next period be like this one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from budgets.models import Budget, BudgetRevision
from compliance.models import AuditRecord
from tests.compliance.clients import api_as
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.admin.test_budgets import BUDGETS, budget_path
from tests.wallets.budgets import pay, set_budget
from tests.wallets.scene import Scene, nothing_recorded
from wallets.admin.budgets import backtests

FORM = {"reason": "As before.", "_form_submitted": "True"}


@pytest.fixture
def used(scene: Scene) -> dict[str, Any]:
    """30.00 of 60.00 EUR are spent in two bookings; 50.00 more were refused."""
    budget = set_budget(scene.cast.frida, scene.alices, "60", name="Meals")
    for number, amount in enumerate(("20", "10", "50")):
        pay(scene, amount, reference=f"b-{number}")
    return budget


def test_what_less_would_have_refused(scene: Scene, used: dict[str, Any]) -> None:
    query = "?try_amount=25.00&try_mode=BLOCK&try_periods=3"
    with nothing_recorded():
        text = page(at_desk(scene.cast.bob), budget_path(used) + query)
    said = "With 25.00 instead of 60.00 EUR: 2 of 3 bookings would have been refused; 1 really was."
    assert said in text
    assert "Would have been refused" in text
    assert "refused too" in text
    more = page(at_desk(scene.cast.audrey), budget_path(used) + "?try_amount=600&try_mode=BLOCK&try_periods=1")
    assert "With 600.00 instead of 60.00 EUR: 0 of 3 bookings would have been refused; 1 really was." in more
    assert "<strong>With" not in page(at_desk(scene.cast.bob), budget_path(used))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("try_amount=1.234&try_mode=BLOCK&try_periods=1", "EUR has 2 decimals"),
        ("try_amount=-5&try_mode=BLOCK&try_periods=1", "An amount is a string of digits"),
        ("try_amount=5&try_mode=BLOCK&try_periods=99", "less than or equal to 12"),
        ("try_amount=5&try_mode=NEVER&try_periods=1", "NEVER is not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_said(scene: Scene, used: dict[str, Any], query: str, words: str) -> None:
    assert words in page(at_desk(scene.cast.bob), f"{budget_path(used)}?{query}")


def test_too_much_to_run_through_is_said(scene: Scene, used: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(backtests, "back_test", slow)
    text = page(at_desk(scene.cast.bob), f"{budget_path(used)}?try_amount=5&try_mode=BLOCK&try_periods=1")
    assert "ask for fewer periods" in text


def test_the_list_says_where_it_is_heading(scene: Scene, used: dict[str, Any]) -> None:
    response: Any = at_desk(scene.cast.bob).get(BUDGETS)
    (row,) = response.context["cl"].result_list
    assert row.outlook.figures.used == 30
    assert "Forecast" in page(at_desk(scene.cast.bob), BUDGETS)


def test_the_next_period_starts_with_what_this_one_was_given(scene: Scene, used: dict[str, Any]) -> None:
    raised = {"total_amount": "75", "effective": "THIS_PERIOD_ONLY", "reason": "A fair."}
    assert api_as(scene.cast.frida).put(f"/budgets/{used['budget_id']}", raised).status_code == 200
    client = at_desk(scene.cast.bob)
    path = budget_path(used, "copy_on")
    assert "starts with 75.00 EUR (now 60.00)" in page(client, path)
    assert client.post(path, FORM).status_code == 200
    assert told(client) == ["The next period is like this one."]
    budget = Budget.objects.get(id=used["budget_id"])
    assert budget.amount == 75
    revision = BudgetRevision.objects.filter(budget=budget).latest("version")
    assert (revision.effective, revision.change_reason) == ("NEXT_PERIOD", "As before.")
    client.post(path, FORM)
    assert told(client) == ["It was so already: nothing has changed."]


def test_a_budget_of_its_own_dates_is_followed_by_another(scene: Scene) -> None:
    first = datetime.now(UTC).date() - timedelta(days=2)
    dates = {"start_date": f"{first}", "end_date": f"{first + timedelta(days=9)}"}
    fair = set_budget(
        scene.cast.frida, scene.alices, "80", name="Fair", period_type="CUSTOM", categories=["fair"], **dates
    )
    client = at_desk(scene.cast.bob)
    client.post(budget_path(fair, "copy_on"), FORM)
    made = Budget.objects.exclude(id=fair["budget_id"]).get(name="Fair")
    days = made.start_date, made.end_date
    assert days == (first + timedelta(days=10), first + timedelta(days=20))
    assert (made.amount, made.categories, made.wallet_id) == (80, ["fair"], scene.alices.id)
    assert AuditRecord.objects.filter(event_type="budget.created", entity_id=made.id).exists()
    client.post(budget_path(fair, "copy_on"), FORM)
    assert Budget.objects.filter(name="Fair").count() == 2


def test_who_may_not_set_it_copies_nothing(scene: Scene, used: dict[str, Any]) -> None:
    foreign = set_budget(scene.cast.frida, scene.charlies, name="Not for Bob")
    with nothing_recorded():
        assert at_desk(scene.cast.bob).post(budget_path(foreign, "copy_on"), FORM).status_code == 404
        assert at_desk(scene.cast.audrey).post(budget_path(used, "copy_on"), FORM).status_code == 403
