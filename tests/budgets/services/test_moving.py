"""Moving an allowance between two budgets."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from budgets.errors import BudgetTooSmall
from budgets.models import Budget, BudgetRevision
from budgets.models.vocabulary import BudgetStatus, Effective, Enforcement
from budgets.services.changing import adjust_period
from budgets.services.invariants import find_broken_budgets
from budgets.services.moving import transfer_budget
from ledger.errors import InvalidInput
from tests.budgets.factories import ORIGIN, Owner, change, current, data_of, figures, left
from tests.ledger.books import row_counts

pytestmark = pytest.mark.django_db


def move(giver: Budget, receiver: Budget, amount: str) -> tuple[Budget, Budget]:
    return transfer_budget(
        giver.id, receiver.id, Decimal(amount), origin=ORIGIN, changed_by=ORIGIN.actor_id, reason="It fits there."
    )


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_what_one_gives_the_other_gets(owner: Owner) -> None:
    travel, food = owner.budget("600", categories=("travel",)), owner.budget("200", categories=("food",))
    owner.spend("100", category="travel")
    giver, receiver = move(travel, food, "120.50")
    assert (left(travel), left(food)) == (Decimal("379.50"), Decimal("320.50"))
    told = figures(current(travel))
    assert (told.base, told.adjustments, told.allocated) == (600, Decimal("-120.50"), Decimal("479.50"))
    assert (giver.amount, receiver.amount) == (600, 200)
    rows = [BudgetRevision.objects.filter(budget=budget).latest("version") for budget in (travel, food)]
    assert [(row.old_amount, row.new_amount, row.effective) for row in rows] == [
        (600, Decimal("479.5"), "THIS_PERIOD_ONLY"),
        (200, Decimal("320.5"), "THIS_PERIOD_ONLY"),
    ]
    assert data_of(travel, giver.version)["after"]["moved_to"] == str(food.id)
    assert data_of(food, receiver.version)["after"]["moved_from"] == str(travel.id)
    assert [finding for finding in find_broken_budgets() if finding.broken] == []


@pytest.mark.parametrize("enforcement", list(Enforcement))
def test_nobody_gives_what_is_not_left(owner: Owner, enforcement: Enforcement) -> None:
    giver = owner.budget("600", categories=("travel",), enforcement=enforcement, buffer_amount=Decimal(50))
    receiver = owner.budget("200", categories=("food",))
    owner.spend("500", category="travel")
    before = row_counts()
    with pytest.raises(BudgetTooSmall) as refused:
        move(giver, receiver, "100.01")
    assert refused.value.data == {
        "budget_id": str(giver.id),
        "available": "100",
        "required": "100.01",
        "shortfall": "0.01",
    }
    assert (row_counts(), left(giver), left(receiver)) == (before, 100, 200)
    move(giver, receiver, "100")
    assert (left(giver), left(receiver)) == (0, 300)


def test_both_are_active_and_of_one_kind(owner: Owner) -> None:
    giver, resting = owner.budget("600"), owner.budget("200", categories=("food",))
    other = Owner().budget("100")
    change(resting, status=BudgetStatus.SUSPENDED)
    for receiver, pointer in ((giver, "/to_budget_id"), (other, "/to_budget_id"), (resting, "/to_budget_id")):
        with pytest.raises(InvalidInput) as refused:
            move(giver, receiver, "1")
        assert refused.value.data["errors"][0]["pointer"] == pointer
    with pytest.raises(InvalidInput):
        move(resting, giver, "1")
    assert left(giver) == 600


def test_both_have_a_current_period(owner: Owner) -> None:
    running = owner.budget("600")
    coming = owner.budget("200", categories=("food",), start_date=timezone.now().date() + timedelta(days=40))
    for giver, receiver, pointer in ((running, coming, "/to_budget_id"), (coming, running, "/from_budget_id")):
        with pytest.raises(InvalidInput) as refused:
            move(giver, receiver, "1")
        assert refused.value.data["errors"][0]["pointer"] == pointer
    with pytest.raises(InvalidInput) as refused:
        adjust_period(coming.id, Decimal(1), origin=ORIGIN, changed_by=None, reason="More.")
    assert "errors" not in refused.value.data, "the body does not name the budget"
    with pytest.raises(InvalidInput) as refused:
        change(coming, amount=Decimal(250), effective=Effective.THIS_PERIOD_ONLY)
    assert refused.value.data["errors"][0]["pointer"] == "/effective"
    assert left(running) == 600


@pytest.mark.parametrize("giver_is_late", [True, False])
def test_periods_that_nobody_has_opened_yet_are_opened_first(owner: Owner, giver_is_late: bool) -> None:
    late, ready = owner.budget("100", start_date=date(2099, 1, 1), categories=("a",)), owner.budget("100")
    Budget.objects.filter(id=late.id).update(start_date=date(2020, 1, 1))
    giver, receiver = (late, ready) if giver_is_late else (ready, late)
    move(giver, receiver, "40")
    assert (left(giver), left(receiver)) == (60, 140)
