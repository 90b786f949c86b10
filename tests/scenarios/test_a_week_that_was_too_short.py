"""product.md §4, journey 4: a booking over the budget, more for this week, and the old limit again on Monday."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budgets.models import Budget
from budgets.services.alerts import FOLLOWER, follow_alerts
from budgets.services.turning import turn
from ledger.api.times import rfc3339
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services.following import follow
from tests.budgets.factories import at, current, figures
from tests.compliance.clients import api_as
from tests.wallets.asking import approve, ask, documents_of
from tests.wallets.budgets import set_budget
from tests.wallets.incoming import answers_about, booked, row_of, take
from tests.wallets.scene import Scene, available, book, make_scene


@pytest.fixture
def scene(db: None) -> Scene:
    """alice is Mia, bob is Lena. The wallet holds 600.00; this week 140.00 of 200.00 are spent."""
    while follow(FOLLOWER, lambda _: None).is_behind:
        pass
    scene = make_scene()
    book(scene.alices, "500", key="top-up")
    return scene


def test_a_booking_over_the_budget_is_let_through_after_the_manager_gave_more(scene: Scene) -> None:
    mia, lena = scene.cast.alice, scene.cast.bob
    weekly = set_budget(lena, scene.alices, "200", period_type="WEEKLY", thresholds=[50, 80, 100])
    monthly = set_budget(lena, scene.alices, "600", period_type="MONTHLY")
    budget = Budget.objects.get(id=weekly["budget_id"])
    now = rfc3339(database_now())
    assert take(booked(mia, "140.00", booking="B-1", timestamp=now)).status == "PROCESSED"

    # The next booking needs 90.00, and the week has 60.00 left.
    refused = booked(mia, "90.00", booking="B-2", timestamp=now)
    take(refused)
    txn_id = row_of(refused).transaction_id
    decision = api_as(mia).get(f"/v1/budget-decisions/{txn_id}").json()
    gates = {gate["id"]: gate for gate in decision["gates"] if gate["gate"] == "budget"}
    assert gates[weekly["budget_id"]]["shortfall"] == "30.00"
    assert (gates[weekly["budget_id"]]["ok"], gates[monthly["budget_id"]]["ok"]) == (False, True)
    assert available(scene.alices) == 460, "no money moved"
    (rejected,) = answers_about(scene.alices)
    assert rejected.data["code"] == "budget.exceeded"
    follow_alerts()
    told = OutboxMessage.objects.filter(aggregate_id=budget.id)
    exceeded = told.get(type="BudgetExceeded").data
    assert (exceeded["exceeded_amount"], exceeded["threshold_percentage"]) == ("30", 115)
    assert exceeded["txn_id"] == str(txn_id)
    assert told.get(type="BudgetThresholdReached").data["threshold_percentage"] == 50

    # Mia asks for more; Lena gives 40.00, this week only. Nobody sends the booking again.
    request = ask(mia, "THIS_PERIOD", txn_id=str(txn_id), amount="40.00")
    approved = approve(lena, request)
    assert (approved["status"], approved["retry"]) == ("APPROVED", "ACCEPTED")
    assert documents_of("B-2") == [("PAYMENT", "FAILED"), ("PAYMENT", "COMPLETED")]
    assert available(scene.alices) == 370
    week = figures(current(budget))
    assert (week.allocated, week.used, week.remaining) == (240, 230, 10)
    assert figures(current(Budget.objects.get(id=monthly["budget_id"]))).used == 230

    # Next Monday the limit is 200.00 again.
    monday = current(budget).ends_at
    turn([budget.id], monday)
    following = figures(at(budget, monday))
    assert (following.allocated, following.remaining) == (200, 200)
    budget.refresh_from_db()
    assert budget.amount == Decimal(200)
