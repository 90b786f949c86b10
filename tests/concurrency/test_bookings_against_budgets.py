"""Bookings that come together over HTTP against budgets and limits: exactly what fits, whatever changes meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from budgets.models import BudgetPeriod
from ledger.core.events import EventType
from ledger.models import Account, Event, Posting
from ledger.services.invariants import check_invariants
from tests.compliance.clients import api_as
from tests.concurrency.storms import without_deadlock
from tests.ledger.books import assert_sound
from tests.ledger.sessions import answers, together
from tests.wallets.budgets import budget_body, set_budget
from tests.wallets.scene import Scene, available, book, make_scene

pytestmark = pytest.mark.usefixtures("committed_db")
SESSIONS, BOOKINGS = 10, 50


@pytest.fixture
def scene(committed_db: None) -> Scene:
    """alice has 1,000.00: money is not what is short."""
    scene = make_scene()
    book(scene.alices, "900", key="travel money")
    return scene


def bookings(scene: Scene) -> list[Callable[[], list[str]]]:
    """Fifty of 10.00, dealt to sessions: what each session's are answered with."""
    client = api_as(scene.cast.bookings)
    path = f"/v1/wallets/{scene.alices.id}/transactions"

    def book_some(hand: int) -> list[str]:
        return [_answer(client.post(path, _body(n))) for n in range(hand, BOOKINGS, SESSIONS)]

    return [partial(book_some, hand) for hand in range(SESSIONS)]


def _body(number: int) -> dict[str, str]:
    body = {"type": "DEBIT", "amount": "10.00", "currency": "EUR", "reference_type": "booking"}
    return {**body, "reference_id": f"race-{number}"}


def _answer(response: Any) -> str:
    return "accepted" if response.status_code == 201 else str(response.json()["code"])


def at_once(scene: Scene, *others: Callable[[], list[str]]) -> Counter[str]:
    """Book fifty times while others do what they do; how often what was answered."""
    with without_deadlock():
        told = answers(together([*bookings(scene), *others]))
    assert [finding.invariant.id for finding in check_invariants() if finding.broken] == []
    return Counter(answer for hand in told for answer in hand)


def shown(scene: Scene, budget: dict[str, Any]) -> tuple[str, str, str]:
    view = api_as(scene.cast.bob).get(f"/v1/budgets/{budget['budget_id']}").json()
    return view["total_amount"], view["used_amount"], view["remaining_amount"]


def decided(scene: Scene, budget: dict[str, Any], outcome: str) -> list[dict[str, Any]]:
    path = f"/v1/budget-decisions?limit=200&budget_id={budget['budget_id']}&outcome={outcome}"
    rows: list[dict[str, Any]] = api_as(scene.cast.bob).get(path).json()["data"]
    return rows


def require_that_each_fitted(budget: dict[str, Any]) -> None:
    """The history of what was left, in its order: no spend ever took what was not there."""
    period = BudgetPeriod.objects.get(budget_id=budget["budget_id"], key=budget["period"]["key"])
    left = Account.objects.get(owner_type="BUDGET", owner_id=period.id, bucket="AVAILABLE")
    lines = list(Posting.objects.filter(account_id=left.id).order_by("account_seq"))
    types = dict(Event.objects.filter(id__in=[line.event_id for line in lines]).values_list("id", "type"))
    there = Decimal(0)
    for line in lines:
        there += line.amount
        assert types[line.event_id] == EventType.ALLOWANCE_CHANGED or there >= 0


def test_fifty_bookings_of_ten_against_a_hundred(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "100")
    assert at_once(scene) == {"accepted": 10, "budget.exceeded": 40}
    assert shown(scene, budget) == ("100.00", "100.00", "0.00")
    assert available(scene.alices) == 900
    accepted, refused = (decided(scene, budget, outcome) for outcome in ("ACCEPTED", "REFUSED"))
    assert (len(accepted), len(refused)) == (10, 40)
    assert sum(Decimal(row["amount"]) for row in accepted) == 100
    left = sorted(Decimal(_gate(row, budget)["available"]) for row in accepted)
    assert left == [10 * n for n in range(1, 11)], "each saw what the one before it had left"
    assert {_gate(row, budget)["available"] for row in refused} == {"0.00"}
    assert_sound()


def _gate(row: dict[str, Any], budget: dict[str, Any]) -> dict[str, Any]:
    (gate,) = [gate for gate in row["gates"] if gate["id"] == budget["budget_id"]]
    return dict(gate)


def test_the_tighter_of_two_budgets_decides(scene: Scene) -> None:
    """Her own week allows twelve; her team's month, of which a colleague's transfer has taken 30.00, seven."""
    own = set_budget(scene.cast.bob, scene.alices, "120", period_type="WEEKLY")
    wanted = {"team_id": str(scene.cast.alice.team_id), "total_amount": "100"}
    team = api_as(scene.cast.frida).post("/v1/budgets", wanted).json()
    book(scene.bobs, "50", key="bob's money")
    body = {**_body(0), "amount": "30.00", "reference_id": "bob"}
    paid = api_as(scene.cast.bookings).post(f"/v1/wallets/{scene.bobs.id}/transactions", body)
    assert paid.status_code == 201
    assert at_once(scene) == {"accepted": 7, "budget.exceeded": 43}
    assert shown(scene, own) == ("120.00", "70.00", "50.00")
    assert shown(scene, team) == ("100.00", "100.00", "0.00")
    assert_sound()


def test_while_the_budget_is_raised_and_lowered(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "100")
    client, path = api_as(scene.cast.bob), f"/budgets/{budget['budget_id']}"

    def change(amounts: list[str]) -> list[str]:
        wishes = [client.put(path, {"total_amount": amount, "reason": "To and fro."}) for amount in amounts]
        return [f"changed {answer.status_code}" for answer in wishes]

    told = at_once(scene, partial(change, ["130", "60", "150", "90"]), partial(change, ["120", "80", "110", "100"]))
    assert told["changed 200"] == 8
    accepted = told["accepted"]
    assert (accepted + told["budget.exceeded"], 6 <= accepted <= 15) == (BOOKINGS, True)
    total, used, left = map(Decimal, shown(scene, budget))
    assert (used, left) == (10 * accepted, total - used)
    assert available(scene.alices) == 1000 - used
    require_that_each_fitted(budget)
    for row in decided(scene, budget, "REFUSED"):
        assert Decimal(_gate(row, budget)["available"]) < 10, "what fits is never refused"
    assert_sound()


def test_while_a_colleague_budget_gives_and_takes(scene: Scene) -> None:
    """Moves between two budgets while one of them is spent: together they allow what they did before."""
    trips = set_budget(scene.cast.bob, scene.alices, "100")
    meals = set_budget(scene.cast.bob, scene.alices, "100", categories=["meals"])
    client = api_as(scene.cast.bob)

    def move(source: dict[str, Any], target: dict[str, Any], name: str) -> list[str]:
        named = {"from_budget_id": source["budget_id"], "to_budget_id": target["budget_id"]}
        wishes = [
            client.post(
                "/v1/budget-transfers",
                {**named, "amount": "20", "reason": "To and fro."},
                headers={"Idempotency-Key": f"{scene.alices.id}-{name}-{n}"},
            )
            for n in range(3)
        ]
        return [f"moved {answer.status_code}" for answer in wishes]

    told = at_once(scene, partial(move, meals, trips, "more"), partial(move, trips, meals, "less"))
    moved = told["moved 201"]
    assert moved + told["moved 422"] == 6
    figures = [tuple(map(Decimal, shown(scene, budget))) for budget in (trips, meals)]
    assert sum(total for total, _, _ in figures) == 200
    assert [total - used for total, used, _ in figures] == [left for _, _, left in figures]
    assert figures[0][1] == 10 * told["accepted"]
    assert min(left for _, _, left in figures) >= 0
    require_that_each_fitted(trips)
    assert_sound()


def test_a_limit_of_seven_payments_lets_seven_through(scene: Scene) -> None:
    limit = {"user_id": str(scene.cast.alice.id), "window": "WEEKLY", "currency": "EUR", "reason": "Be careful."}
    client = api_as(scene.cast.bob)
    assert client.put("/v1/limits", {**limit, "max_amount": "90", "max_count": 7}).status_code == 200
    set_budget(scene.cast.bob, scene.alices, "100")
    assert at_once(scene) == {"accepted": 7, "limit.exceeded": 43}
    (usage,) = client.get(f"/v1/limits/usage?user_id={scene.cast.alice.id}").json()["data"]
    assert (usage["amount"]["used"], usage["count"]["used"], usage["count"]["remaining"]) == ("70.00", 7, 0)
    assert_sound()


def test_of_two_same_budgets_at_once_one_is_set_and_decides(scene: Scene) -> None:
    client = api_as(scene.cast.bob)

    def set_it(amount: str) -> list[str]:
        return [f"set {client.post('/v1/budgets', budget_body(scene.alices, amount)).status_code}"]

    told = at_once(scene, partial(set_it, "100"), partial(set_it, "100"))
    assert (told["set 201"], told["set 409"]) == (1, 1)
    (budget,) = client.get(f"/v1/users/{scene.cast.alice.id}/budgets").json()["budgets"]
    assert Decimal(budget["used_amount"]) <= 100
    assert available(scene.alices) == 1000 - 10 * told["accepted"]
    assert_sound()
