"""/v1/budgets/{id}/forecast and /backtests: where a budget is heading, and what another one would have refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from budgets.models import Budget
from ledger.selectors.assets import get_asset
from tests.compliance.clients import api_as
from tests.wallets.api.test_query_counts import statements
from tests.wallets.budgets import pay, set_budget
from tests.wallets.scene import Scene, book, nothing_recorded, problem_of


@pytest.fixture
def rich(scene: Scene) -> Scene:
    """alice has 5,100.00."""
    book(scene.alices, "5000", key="more")
    for code in ("EUR", "COUNT"):
        get_asset(code)  # read once in the life of a process
    return scene


def monthly(scene: Scene, amount: str = "1500", **more: Any) -> str:
    made: str = set_budget(scene.cast.bob, scene.alices, amount, **more)["budget_id"]
    return made


def spend(scene: Scene, *amounts: str) -> list[str]:
    """The documents, of refusals too."""
    answers = [pay(scene, amount, reference=f"b-{uuid4()}").json() for amount in amounts]
    return [answer["txn_id"] for answer in answers]


def tried(scene: Scene, budget_id: str, *, caller: str = "bob", **wanted: Any) -> Any:
    return api_as(getattr(scene.cast, caller)).post(f"/v1/budgets/{budget_id}/backtests", wanted)


def test_a_forecast_is_shown_as_documented(rich: Scene) -> None:
    budget_id = monthly(rich)
    spend(rich, "100", "50", "60", "30", "40")
    budget = api_as(rich.cast.alice).get(f"/v1/budgets/{budget_id}").json()
    answer = api_as(rich.cast.alice).get(f"/v1/budgets/{budget_id}/forecast").json()
    days_left = answer["days_left"]
    assert answer["daily_average"] == "10.00"
    assert answer["projected_amount"] == f"{280 + 10 * days_left}.00"
    assert answer["enough_data"] is True
    assert answer["exhausted_on"] is None
    for name in ("period", "currency", "total_amount", "used_amount", "reserved_amount", "remaining_amount"):
        assert answer[name] == budget[name]
    assert (answer["used_percent"], answer["used_amount"]) == (18, "280.00")
    assert float(answer["burn_index"]) > 0
    assert answer["as_of"].endswith("Z")


def test_without_a_current_period_all_is_null_but_not_enough_data(rich: Scene) -> None:
    budget_id = monthly(rich, start_date="2099-01-01")
    answer = api_as(rich.cast.bob).get(f"/v1/budgets/{budget_id}/forecast").json()
    told = {name: value for name, value in answer.items() if value is not None}
    assert told == {"budget_id": budget_id, "currency": "EUR", "enough_data": False}


def test_1200_instead_of_1500(rich: Scene) -> None:
    """Product 1.4.2."""
    budget_id = monthly(rich)
    spent = spend(rich, "700", "400", "200", "100", "150")
    with nothing_recorded():
        answer = tried(rich, budget_id, total_amount="1200").json()
    (period,) = answer.pop("periods")
    refused = answer.pop("refused")
    assert answer == {
        "budget_id": budget_id,
        "currency": "EUR",
        "total_amount": "1200.00",
        "enforcement": "BLOCK",
        "buffer_amount": "0.00",
        "buffer_percent": 0,
        "spends": 5,
        "would_be_refused": 2,
        "was_refused": 1,
        "refused_amount": "350.00",
    }
    figures = {"spends": 5, "would_be_refused": 2, "was_refused": 1, "spent": "1200.00", "refused_amount": "350.00"}
    assert {name: period[name] for name in figures} == figures
    assert period["left"] == "0.00"
    assert [(one["txn_id"], one["amount"], one["left"], one["shortfall"], one["was_refused"]) for one in refused] == [
        (spent[2], "200.00", "100.00", "100.00", False),
        (spent[4], "150.00", "0.00", "150.00", True),
    ]
    assert {one["period_key"] for one in refused} == {period["key"]}
    assert Budget.objects.get(id=budget_id).amount == 1500


def test_the_same_question_has_the_same_answer(rich: Scene) -> None:
    budget_id = monthly(rich)
    spend(rich, "700", "900")
    assert tried(rich, budget_id, total_amount="900").json() == tried(rich, budget_id, total_amount="900").json()


def test_only_the_first_hundred_are_listed_and_all_are_counted(rich: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    budget_id = monthly(rich)
    monkeypatch.setattr("wallets.api.budget_backtests.MOST_REFUSED", 2)
    spend(rich, "10", "20", "30")
    answer = tried(rich, budget_id, total_amount="5").json()
    assert (answer["would_be_refused"], [one["amount"] for one in answer["refused"]]) == (3, ["10.00", "20.00"])


@pytest.mark.parametrize(
    ("wanted", "code", "pointer"),
    [
        ({}, "request.validation", "/total_amount"),
        ({"total_amount": "0"}, "money.invalid", "/total_amount"),
        ({"total_amount": "1.00001"}, "money.scale_exceeded", "/total_amount"),
        ({"total_amount": "1", "periods": 0}, "request.validation", "/periods"),
        ({"total_amount": "1", "periods": 13}, "request.validation", "/periods"),
        ({"total_amount": "1", "buffer_amount": "1", "buffer_percent": 1}, "request.validation", "/buffer_percent"),
    ],
)
def test_wrong_questions(rich: Scene, wanted: dict[str, Any], code: str, pointer: str) -> None:
    problem = problem_of(tried(rich, monthly(rich), **wanted), 400, code)
    assert problem["errors"][0]["pointer"] == pointer


def test_another_team_sees_neither(rich: Scene) -> None:
    budget_id = monthly(rich)
    problem_of(tried(rich, budget_id, caller="charlie", total_amount="1"), 404, "not_found")
    problem_of(api_as(rich.cast.charlie).get(f"/v1/budgets/{budget_id}/forecast"), 404, "not_found")


def test_what_they_cost_does_not_depend_on_how_much_was_spent(rich: Scene) -> None:
    budget_id = monthly(rich, "100")
    client, asked = api_as(rich.cast.bob), {"total_amount": "5"}
    for _ in range(2):
        spend(rich, "10", "200")
        # log-in, budget, clock, periods, figures, daily sums, bookings
        assert statements(lambda: client.get(f"/v1/budgets/{budget_id}/forecast")) == 7
        # log-in, budget, isolation and patience, periods, steps, refused documents, their events
        assert statements(lambda: client.post(f"/v1/budgets/{budget_id}/backtests", asked)) == 7
