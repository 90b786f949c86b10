"""Several people and the beat at one budget (safety.md 38)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from budgets.errors import BudgetOverlap, BudgetTooSmall, ParentExceeded
from budgets.models import Budget
from budgets.models.vocabulary import ChildrenMode, Rollover
from budgets.services import timeline, turning
from budgets.services.changing import Changed, adjust_period
from budgets.services.invariants import find_broken_budgets
from budgets.services.moving import transfer_budget
from budgets.services.timeline import Timeline
from budgets.services.turning import turn
from tests.budgets.factories import ORIGIN, WEEKLY, Owner, change, create, current, figures, left, messages, periods
from tests.ledger.books import post
from tests.ledger.sessions import answers, together

pytestmark = pytest.mark.usefixtures("sound_in_the_end", "committed_db")
MANY = 20


@pytest.fixture(autouse=True)
def budgets_are_sound(committed_db: None) -> Iterator[None]:
    yield
    assert [finding for finding in find_broken_budgets() if finding.broken] == []


def more(budget: Budget, amount: str = "1") -> Changed:
    return adjust_period(budget.id, Decimal(amount), origin=ORIGIN, changed_by=None, reason="A little more.")


def give(giver: Budget, receiver: Budget) -> object:
    return transfer_budget(giver.id, receiver.id, Decimal(1), origin=ORIGIN, changed_by=None, reason="It fits there.")


def test_twenty_turns_at_once_open_each_period_once() -> None:
    budget = Owner().budget("600", start_date=date(2099, 1, 1))
    Budget.objects.filter(id=budget.id).update(start_date=date(2020, 1, 1))
    turned = answers(together([partial(turn, [budget.id])] * MANY))
    assert sorted(turned) == [0] * (MANY - 1) + [1]
    assert messages(budget) == ["BudgetCreated"] + ["BudgetPeriodOpened"] * len(periods(budget))
    assert left(budget) == 600


def test_twenty_changes_at_once_all_count() -> None:
    budget = Owner().budget("600")
    answers(together([partial(more, budget)] * MANY))
    assert (left(budget), current(budget).adjustments) == (620, 20)
    assert Budget.objects.get(id=budget.id).version == budget.version + MANY


def test_of_twenty_who_saw_the_same_version_one_changes_it() -> None:
    budget = Owner().budget("600")
    changes: list[Callable[[], Changed]] = [
        partial(change, budget, amount=Decimal(700 + n), expected_version=budget.version) for n in range(MANY)
    ]
    changed = [result for result in together(changes) if isinstance(result, Changed)]
    assert len(changed) == 1
    assert left(budget) == changed[0].budget.amount


def test_moves_in_both_directions_lose_nothing() -> None:
    owner = Owner()
    one, other = owner.budget("100", categories=("a",)), owner.budget("100", categories=("b",))
    answers(together([partial(give, one, other), partial(give, other, one)] * (MANY // 2)))
    assert (left(one), left(other)) == (100, 100)


def test_of_twenty_moves_as_many_succeed_as_are_left() -> None:
    owner = Owner()
    giver, receiver = owner.budget("5", categories=("a",)), owner.budget("100", categories=("b",))
    results = together([partial(give, giver, receiver)] * MANY)
    refused = [result for result in results if isinstance(result, BudgetTooSmall)]
    assert len(refused) == MANY - 5
    assert (left(giver), left(receiver)) == (0, 105)


def test_of_twenty_budgets_of_one_kind_one_is_set() -> None:
    owner = Owner()
    results = together([partial(owner.budget, "600")] * MANY)
    assert len([result for result in results if isinstance(result, BudgetOverlap)]) == MANY - 1
    assert Budget.objects.filter(wallet_id=owner.wallet.wallet_id).count() == 1


def test_an_envelope_is_not_given_away_twice() -> None:
    owner = Owner()
    parent = create(owner.company_spec("500", children_mode=ChildrenMode.ENVELOPE))
    specs = [owner.spec("100", parent_id=parent.id, categories=(f"c{n}",)) for n in range(10)]
    results = together([partial(create, spec) for spec in specs])
    assert len([result for result in results if isinstance(result, Budget)]) == 5
    assert len([result for result in results if isinstance(result, ParentExceeded)]) == 5


def test_holds_that_end_while_the_period_is_closed_are_carried_in_the_end() -> None:
    owner = Owner()
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    week = current(budget)
    later = week.ends_at + timedelta(days=3)
    releases: list[Callable[[], object]] = [partial(post, owner.books.release(owner.hold("5"))) for _ in range(10)]
    turns: list[Callable[[], object]] = [partial(turn, [budget.id], later)] * 5
    together([*releases, *turns])
    turn([budget.id], later)
    assert [figures(period).remaining for period in periods(budget)] == [0, 200]
    assert messages(budget).count("BudgetPeriodClosed") == 1


def test_a_plan_that_is_outdated_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody releases a hold between the look and the lock."""
    owner = Owner()
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    week = current(budget)
    hold = owner.hold("40")
    waiting, looks, look = [owner.books.release(hold)], [], timeline.read_timeline

    def look_and_be_overtaken(budget: Budget, now: datetime) -> Timeline:
        line = look(budget, now)
        looks.append(line.read[week.id])
        while waiting:
            answers(together([partial(post, waiting.pop())]))
        return line

    monkeypatch.setattr(turning, "read_timeline", look_and_be_overtaken)
    assert turn([budget.id], week.ends_at + timedelta(days=3)) == 1
    assert looks == [60, 100]
    assert [figures(period).remaining for period in periods(budget)] == [0, 200]
    assert messages(budget).count("BudgetPeriodClosed") == 1
