"""Opening and closing periods as time goes on (R59, R60)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import Enforcement, PeriodType, Rollover
from budgets.services import timeline
from budgets.services.invariants import find_broken_budgets
from budgets.services.turning import turn
from ledger.services.job_runs import WorkFailed
from tests.budgets.factories import WEEKLY, Owner, change, current, data_of, figures, messages, periods
from tests.ledger.books import post, row_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def sound() -> bool:
    return [finding for finding in find_broken_budgets() if finding.broken] == []


def after(period: BudgetPeriod, weeks: int = 0) -> datetime:
    """In the middle of the week after a week, or so many weeks later."""
    return period.ends_at + timedelta(weeks=weeks, days=3)


def weekly(owner: Owner, **spec: object) -> tuple[Budget, BudgetPeriod]:
    """100 a week, of which 30 are spent in the first one."""
    budget = owner.budget("100", **{"period_type": WEEKLY, "rollover": Rollover.SURPLUS} | spec)
    owner.spend("30")
    return budget, current(budget)


def allocations(budget: Budget) -> list[tuple[Decimal, Decimal, Decimal, Decimal]]:
    told = [figures(period) for period in periods(budget)]
    return [(one.base, one.carry_in, one.carried_out, one.remaining) for one in told]


def test_the_surplus_goes_on_once(owner: Owner) -> None:
    budget, week = weekly(owner)
    assert turn([budget.id], after(week)) == 1
    assert allocations(budget) == [(100, 0, 70, 0), (100, 70, 0, 170)]
    week.refresh_from_db()
    assert week.closed_at == after(week)
    assert messages(budget)[-2:] == ["BudgetPeriodOpened", "BudgetPeriodClosed"]
    assert data_of(budget, len(messages(budget)))["carried_amount"] == "70"
    before = row_counts()
    assert turn([budget.id], after(week)) == 0
    assert row_counts() == before
    assert sound()


@pytest.mark.parametrize(
    ("rule", "cap", "spent", "carried"),
    [
        (Rollover.NONE, None, "30", 0),
        (Rollover.SURPLUS, None, "130", 0),
        (Rollover.SURPLUS, Decimal(50), "30", 50),
        (Rollover.SURPLUS_AND_DEFICIT, None, "130", -30),
        (Rollover.SURPLUS_AND_DEFICIT, Decimal(50), "30", 50),
    ],
)
def test_what_goes_on_is_what_the_rule_says(
    owner: Owner, rule: Rollover, cap: Decimal | None, spent: str, carried: int
) -> None:
    budget = owner.budget("100", period_type=WEEKLY, rollover=rule, rollover_cap=cap, enforcement=Enforcement.WARN)
    owner.spend(spent)
    week = current(budget)
    turn([budget.id], after(week))
    left_behind = 100 - Decimal(spent) - carried
    assert allocations(budget) == [(100, 0, carried, left_behind), (100, carried, 0, 100 + carried)]
    assert sound()


def test_after_a_long_outage_the_weeks_between_hand_theirs_on_too(owner: Owner) -> None:
    budget, week = weekly(owner)
    turn([budget.id], after(week, weeks=3))
    assert allocations(budget) == [
        (100, 0, 70, 0),
        (100, 70, 170, 0),
        (100, 170, 270, 0),
        (100, 270, 370, 0),
        (100, 370, 0, 470),
    ]
    assert sound()


def test_by_the_week_or_all_at_once_is_the_same(owner: Owner) -> None:
    budget, week = weekly(owner, rollover_cap=Decimal(90))
    for weeks in range(4):
        turn([budget.id], after(week, weeks))
    assert allocations(budget)[-1] == (100, 90, 0, 190)
    other = Owner()
    again, week = weekly(other, rollover_cap=Decimal(90))
    turn([again.id], after(week, weeks=3))
    assert allocations(again) == allocations(budget)


def test_where_nothing_goes_on_only_what_late_events_need_is_opened(owner: Owner) -> None:
    budget, week = weekly(owner, rollover=Rollover.NONE)
    turn([budget.id], after(week, weeks=20))
    later = [p.starts_at for p in periods(budget) if p.starts_at > after(week)]
    assert [start > after(week, weeks=18) for start in later] == [True, True]
    assert sound()


def test_the_next_one_is_opened_a_day_ahead(owner: Owner) -> None:
    budget = owner.budget("100", start_date=date(2031, 3, 1))
    turn([budget.id], datetime(2031, 3, 20, tzinfo=UTC))
    assert [p.key for p in periods(budget)] == ["2031-03"]
    turn([budget.id], datetime(2031, 3, 31, 12, tzinfo=UTC))
    assert [(p.key, p.closed_at) for p in periods(budget)] == [("2031-03", None), ("2031-04", None)]


def test_a_hold_that_ends_late_is_carried_later(owner: Owner) -> None:
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    week = current(budget)
    hold = owner.hold("40")
    turn([budget.id], after(week))
    assert allocations(budget) == [(100, 0, 60, 0), (100, 60, 0, 160)]
    post(owner.books.release(hold))
    assert figures(week).remaining == 40
    assert turn(None, after(week)) >= 1
    assert allocations(budget) == [(100, 0, 100, 0), (100, 100, 0, 200)]
    assert messages(budget).count("BudgetPeriodClosed") == 1
    assert data_of(budget, len(messages(budget)))["after"] == {"carry_in": "100"}
    assert sound()


def test_a_new_rule_is_not_for_periods_that_are_closed(owner: Owner) -> None:
    budget, week = weekly(owner, rollover=Rollover.NONE)
    turn([budget.id], after(week))
    BudgetPeriod.objects.filter(id=week.id).update(closed_at=week.starts_at)
    change(budget, rollover=Rollover.SURPLUS)
    turn([budget.id], after(week))
    assert allocations(budget) == [(100, 0, 0, 70), (100, 0, 0, 100)]


def test_the_end_closes_and_expires(owner: Owner) -> None:
    budget = owner.budget("500", period_type=PeriodType.CUSTOM, start_date=date(2031, 3, 1), end_date=date(2031, 4, 15))
    turn([budget.id], datetime(2031, 3, 10, tzinfo=UTC))
    turn([budget.id], datetime(2031, 4, 14, 21, tzinfo=UTC))
    assert Budget.objects.get(id=budget.id).status == "ACTIVE"
    turn([budget.id], datetime(2031, 4, 14, 22, tzinfo=UTC))
    assert Budget.objects.get(id=budget.id).status == "EXPIRED"
    (period,) = periods(budget)
    assert (period.key, period.ends_at) == ("2031-03-01..2031-04-15", datetime(2031, 4, 14, 22, tzinfo=UTC))
    assert messages(budget) == ["BudgetCreated", "BudgetPeriodOpened", "BudgetPeriodClosed", "BudgetChanged"]
    assert sound()


def test_an_end_in_the_middle_cuts_the_last_period(owner: Owner) -> None:
    budget = owner.budget("500", start_date=date(2031, 3, 10), end_date=date(2031, 4, 15))
    turn([budget.id], datetime(2031, 3, 20, tzinfo=UTC))
    turn([budget.id], datetime(2031, 5, 20, tzinfo=UTC))
    zone_offset = timedelta(hours=2)
    assert [(p.key, (p.ends_at + zone_offset).date()) for p in periods(budget)] == [("2031-03", date(2031, 4, 1))] + [
        ("2031-04", date(2031, 4, 15))
    ] * (len(periods(budget)) - 1)
    assert Budget.objects.get(id=budget.id).status == "EXPIRED"
    assert sound()


def test_the_beat_finds_what_is_due_by_itself(owner: Owner) -> None:
    budgets = [owner.budget("100", period_type=WEEKLY, categories=(name,)) for name in ("a", "b", "c")]
    week = current(budgets[0])
    others = owner.budget("100", categories=("d",), start_date=date(2099, 1, 1))
    assert turn(None, after(week)) >= 3
    assert [len(periods(budget)) for budget in budgets] == [2, 2, 2]
    assert periods(others) == []
    with CaptureQueriesContext(
        connection,
    ) as idle:
        assert turn(None, after(week)) == 0
    assert len(idle) <= 5


def test_what_breaks_on_the_way_leaves_nothing(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    budget, week = weekly(owner)

    def crash(line: timeline.Timeline) -> None:
        raise ConnectionError

    monkeypatch.setattr(timeline, "_compare", crash)
    before = (row_counts(), allocations(budget), messages(budget))
    with pytest.raises(ConnectionError):
        turn([budget.id], after(week))
    assert (row_counts(), allocations(budget), messages(budget)) == before
    monkeypatch.undo()
    assert turn([budget.id], after(week)) == 1


def test_the_number_of_statements_does_not_grow_with_the_periods(owner: Owner) -> None:
    one, week = weekly(owner)
    many = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS, categories=("many",))
    with CaptureQueriesContext(connection) as few:
        turn([one.id], after(week, weeks=2))
    with CaptureQueriesContext(connection) as more:
        turn([many.id], after(week, weeks=30))
    assert len(periods(many)) > 30
    assert len(more) == len(few)


def test_a_zone_that_is_gone_harms_no_other_budget(owner: Owner) -> None:
    gone, other = (owner.budget("100", period_type=WEEKLY, categories=(name,)) for name in ("gone", "other"))
    week, before = current(other), periods(gone)
    Budget.objects.filter(id=gone.id).update(zone="Mars/Olympus")
    with pytest.raises(WorkFailed, match="1 budgets could not be turned"):
        turn(None, after(week))
    assert periods(gone) == before
    assert [period.closed_at is not None for period in periods(other)] == [True, False]
