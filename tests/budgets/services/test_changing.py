"""Changing budgets (R62, R72): what counts from when, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from budgets.errors import BudgetEnded, BudgetOverlap, ParentExceeded
from budgets.models import Budget, BudgetRevision
from budgets.models.vocabulary import BudgetStatus, ChildrenMode, Effective, Enforcement, Rollover
from budgets.services.changing import adjust_period
from budgets.services.invariants import find_broken_budgets
from budgets.services.turning import turn
from ledger.errors import InvalidInput, NotFound, PreconditionFailed
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from ledger.selectors.envelopes import envelope_figures
from ledger.services.allowances import LOWEST, EnvelopeKind
from tests.budgets.factories import (
    ORIGIN,
    WEEKLY,
    Owner,
    change,
    create,
    current,
    data_of,
    figures,
    left,
    messages,
    periods,
)
from tests.ledger.books import row_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def floor(budget: Budget) -> Decimal:
    key = (current(budget).id, budget.currency)
    return envelope_figures(EnvelopeKind.BUDGET, [key])[key].floor


def last(budget: Budget) -> BudgetRevision:
    return BudgetRevision.objects.filter(budget=budget).latest("version")


def sound() -> bool:
    return [finding for finding in find_broken_budgets() if finding.broken] == []


def test_now_moves_the_budget_and_what_is_left(owner: Owner) -> None:
    budget = owner.budget("600")
    owner.spend("150")
    changed = change(budget, "More trips.", amount=Decimal(700))
    assert (changed.budget.amount, changed.budget.revision, changed.blocked_now) == (700, 2, False)
    assert (current(budget).base, current(budget).revision, left(budget)) == (700, 2, 550)
    row = last(budget)
    assert (row.version, row.old_amount, row.new_amount) == (changed.budget.version, 600, 700)
    assert (row.change_reason, row.changed_by, row.effective) == ("More trips.", ORIGIN.actor_id, "NOW")
    told = data_of(budget, changed.budget.version)
    assert (told["before"]["amount"], told["after"]["amount"], told["total_amount"]) == ("600", "700", "700")
    assert sound()


def test_a_share_by_days_becomes_the_whole_from_now_on(owner: Owner) -> None:
    """Journey 2: the first month had 329.03 of 600, and is revised to 600."""
    budget = owner.budget("600")
    period = current(budget)
    before = messages(budget)
    assert not change(budget, amount=Decimal(600)).has_changed
    assert messages(budget) == before
    adjusted = owner.budget("310", categories=("part",), start_date=timezone.now().date(), prorate_first=True)
    if current(adjusted).base != 310:
        assert change(adjusted, amount=Decimal(310)).has_changed
    assert (current(adjusted).base, left(adjusted)) == (310, 310)
    assert period.base == 600
    assert sound()


def test_the_next_period_leaves_the_present_one_alone(owner: Owner) -> None:
    budget = owner.budget("100", period_type=WEEKLY)
    present = current(budget)
    changed = change(budget, amount=Decimal(80), effective=Effective.NEXT_PERIOD)
    assert (changed.budget.amount, left(budget), current(budget).base) == (80, 100, 100)
    turn([budget.id], present.ends_at + timedelta(days=1))
    assert [p.base for p in periods(budget)] == [100, 80]
    assert (last(budget).old_amount, last(budget).new_amount) == (100, 80)
    assert sound()


def test_a_next_period_that_is_open_already_is_changed_too(owner: Owner) -> None:
    budget = owner.budget("100", period_type=WEEKLY)
    turn([budget.id], current(budget).ends_at - timedelta(hours=1))
    change(budget, amount=Decimal(80), effective=Effective.NEXT_PERIOD)
    assert [p.base for p in periods(budget)] == [100, 80]
    change(budget, amount=Decimal(90))
    assert [p.base for p in periods(budget)] == [90, 90]
    assert [figures(p).remaining for p in periods(budget)] == [90, 90]
    assert sound()


def test_this_period_only_is_over_with_it(owner: Owner) -> None:
    """Journey 4: 40 more this week, 200 again on Monday."""
    budget = owner.budget("200", period_type=WEEKLY)
    owner.spend("140")
    assert owner.spend("90") == "budget.exceeded"
    changed = adjust_period(budget.id, Decimal(40), origin=ORIGIN, changed_by=None, reason="This once.")
    assert (changed.budget.amount, left(budget)) == (200, 100)
    assert owner.spend("90") is None
    told = figures(current(budget))
    assert (told.base, told.adjustments, told.allocated, told.used, told.remaining) == (200, 40, 240, 230, 10)
    assert (last(budget).old_amount, last(budget).new_amount) == (200, 240)
    change(budget, amount=Decimal(250), effective=Effective.THIS_PERIOD_ONLY)
    assert (current(budget).adjustments, left(budget)) == (50, 20)
    turn([budget.id], current(budget).ends_at + timedelta(days=1))
    assert [p.base + p.adjustments for p in periods(budget)] == [250, 200]
    assert sound()


def test_lowering_below_use_is_allowed_and_said(owner: Owner) -> None:
    budget = owner.budget("600")
    owner.spend("150")
    changed = change(budget, amount=Decimal(100))
    assert changed.blocked_now
    assert left(budget) == -50
    assert owner.spend("0.01") == "budget.exceeded"
    assert not change(budget, amount=Decimal(150)).blocked_now
    assert not change(budget, amount=Decimal(100), enforcement=Enforcement.WARN).blocked_now
    assert owner.spend("5") is None
    assert left(budget) == -55
    assert sound()


def test_enforcement_and_buffer_are_the_floor(owner: Owner) -> None:
    budget = owner.budget("600")
    assert floor(budget) == 0
    change(budget, buffer_amount=Decimal(20))
    assert floor(budget) == -20
    change(budget, buffer_amount=Decimal(0), buffer_percent=10)
    assert floor(budget) == -60
    change(budget, amount=Decimal("500.55"))
    assert floor(budget) == Decimal("-50.05")
    assert owner.spend("550.60") is None
    assert owner.spend("0.01") == "budget.exceeded"
    changed = change(budget, enforcement=Enforcement.ALLOW)
    assert floor(budget) == LOWEST
    assert changed.budget.revision == 5
    assert sound()


def test_what_does_not_change_what_is_allowed_leaves_the_revision(owner: Owner) -> None:
    budget = owner.budget("600")
    changed = change(budget, name="Trips", thresholds=(80, 50), grace_days=3, categories=("b", "a"))
    assert (changed.budget.revision, changed.budget.thresholds) == (1, [50, 80])
    assert last(budget).changes == {
        "name": {"before": "Monthly budget", "after": "Trips"},
        "thresholds": {"before": [], "after": [50, 80]},
        "categories": {"before": [], "after": ["a", "b"]},
        "grace_days": {"before": 5, "after": 3},
    }
    assert "name" not in data_of(budget, changed.budget.version)["after"]


def test_the_same_again_is_nothing(owner: Owner) -> None:
    budget = owner.budget("600", categories=("a", "b"))
    before = (row_counts(), Budget.objects.get(id=budget.id).version)
    changed = change(budget, amount=Decimal(600), categories=("b", "a"), enforcement=Enforcement.BLOCK)
    assert not changed.has_changed
    assert (row_counts(), Budget.objects.get(id=budget.id).version) == before


def test_who_has_not_seen_the_last_change_changes_nothing(owner: Owner) -> None:
    budget = owner.budget("600")
    seen = budget.version
    change(budget, amount=Decimal(700), expected_version=seen)
    before = row_counts()
    with pytest.raises(PreconditionFailed):
        change(budget, amount=Decimal(800), expected_version=seen)
    assert (row_counts(), left(budget)) == (before, 700)


def test_it_rests_and_comes_back(owner: Owner) -> None:
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    change(budget, status=BudgetStatus.SUSPENDED)
    assert owner.spend("500") is None
    assert not turn([budget.id])
    Budget.objects.filter(id=budget.id).update(status=BudgetStatus.SUSPENDED)
    change(budget, status=BudgetStatus.ACTIVE)
    assert owner.spend("500") == "budget.exceeded"
    assert left(budget) == 100
    assert sound()


def test_no_periods_for_the_time_of_its_rest(owner: Owner) -> None:
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    change(budget, status=BudgetStatus.SUSPENDED)
    later = current(budget).ends_at + timedelta(weeks=3, hours=1)
    turn([budget.id], later)
    assert messages(budget)[-1] == "BudgetPeriodClosed"
    assert all(p.ends_at < later for p in periods(budget))
    assert sound()


def test_one_that_comes_back_must_not_overlap(owner: Owner) -> None:
    budget = owner.budget("600")
    change(budget, status=BudgetStatus.SUSPENDED)
    other = owner.budget("100")
    with pytest.raises(BudgetOverlap) as refused:
        change(budget, status=BudgetStatus.ACTIVE)
    assert refused.value.data == {"existing_id": str(other.id)}
    assert Budget.objects.get(id=budget.id).status == "SUSPENDED"


def test_an_end_is_final(owner: Owner) -> None:
    budget = owner.budget("600")
    tomorrow = current(budget).starts_at.date() + timedelta(days=400)
    change(budget, end_date=tomorrow)
    turn([budget.id], datetime(tomorrow.year, tomorrow.month, tomorrow.day, 12, tzinfo=UTC))
    assert Budget.objects.get(id=budget.id).status == "EXPIRED"
    assert last(budget).changes == {"status": {"before": "ACTIVE", "after": "EXPIRED"}}
    with pytest.raises(BudgetEnded):
        change(budget, amount=Decimal(700))
    assert sound()


def test_an_end_cuts_the_period_and_is_taken_back(owner: Owner) -> None:
    budget = owner.budget("600")
    whole = current(budget).ends_at
    tomorrow = (database_now() + timedelta(days=2)).date()
    change(budget, end_date=tomorrow)
    assert current(budget).ends_at == min(whole, current(budget).ends_at)
    assert current(budget).ends_at.date() <= tomorrow
    change(budget, end_date=None)
    assert current(budget).ends_at == whole
    assert sound()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"amount": Decimal(0)}, "/amount"),
        ({"status": BudgetStatus.EXPIRED}, "/status"),
        ({"end_date": date(2021, 1, 1)}, "/end_date"),
        ({"buffer_percent": 5, "buffer_amount": Decimal(1)}, "/buffer_percent"),
        ({"rollover_cap": Decimal(1)}, "/rollover_cap"),
        ({"thresholds": (1001,)}, "/thresholds/0"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_makes_no_sense_is_told_where(owner: Owner, wrong: dict[str, Any], pointer: str) -> None:
    budget = owner.budget("600")
    before = row_counts()
    with pytest.raises(InvalidInput) as refused:
        change(budget, **wrong)
    assert [error["pointer"] for error in refused.value.data["errors"]] == [pointer]
    assert row_counts() == before


def test_a_period_is_not_given_less_than_nothing(owner: Owner) -> None:
    budget = owner.budget("600")
    with pytest.raises(InvalidInput):
        adjust_period(budget.id, Decimal("-600.01"), origin=ORIGIN, changed_by=None, reason="Less.")
    adjust_period(budget.id, Decimal(-600), origin=ORIGIN, changed_by=None, reason="Less.")
    assert left(budget) == 0


def test_an_envelope_binds_when_a_child_is_raised_and_when_it_is_lowered(owner: Owner) -> None:
    parent = create(owner.company_spec("1000", children_mode=ChildrenMode.ENVELOPE))
    child = create(owner.spec("600", parent_id=parent.id))
    create(owner.team_spec("300", parent_id=parent.id))
    with pytest.raises(ParentExceeded) as refused:
        change(child, amount=Decimal("700.01"))
    assert refused.value.data["available"] == "700"
    assert (left(child), last(child).version) == (600, 1)
    change(child, amount=Decimal(700))
    with pytest.raises(ParentExceeded):
        change(parent, amount=Decimal("999.99"))
    assert left(parent) == 1000
    change(child, amount=Decimal(100))
    change(parent, amount=Decimal(400))
    assert sound()


def test_a_cap_becomes_an_envelope_only_if_it_holds(owner: Owner) -> None:
    parent = create(owner.company_spec("1000"))
    create(owner.team_spec("800", parent_id=parent.id))
    child = create(owner.spec("300", parent_id=parent.id))
    with pytest.raises(ParentExceeded):
        change(parent, children_mode=ChildrenMode.ENVELOPE)
    change(child, amount=Decimal(200))
    assert change(parent, children_mode=ChildrenMode.ENVELOPE).has_changed


def test_there_is_no_such_budget() -> None:
    with pytest.raises(NotFound):
        adjust_period(new_id(), Decimal(1), origin=ORIGIN, changed_by=None, reason="More.")
