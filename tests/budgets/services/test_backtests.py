"""Back-tests against what the ledger has really decided."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.core.backtest import PeriodOutcome
from budgets.models import Budget
from budgets.models.vocabulary import Enforcement
from budgets.services.backtests import MOST_STEPS, Trial, back_test
from budgets.services.changing import adjust_period
from budgets.services.turning import turn
from ledger.core.state import Hold
from ledger.errors import InvalidInput
from ledger.models import Event, Transaction
from ledger.selectors.clock import database_now
from ledger.services import journal
from tests.budgets.factories import ORIGIN, WEEKLY, Owner, change, current, figures, left, periods
from tests.ledger.books import code_of, row_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def tried(budget: Budget, amount: str, *, periods: int = 3, **more: Any) -> PeriodOutcome:
    """The outcome of the current period."""
    budget.refresh_from_db()
    return back_test(budget, Trial(amount=Decimal(amount), **more), periods=periods).periods[-1][1]


def pay(owner: Owner, amount: str) -> Any:
    """Spend, and return the command."""
    command = owner.payment(amount)
    journal.post([command])
    return command


def refund(owner: Owner, payment: Any, amount: str) -> None:
    assert code_of(journal.post([owner.books.refund(payment.document.id, amount)])[0]) is None


def figure(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def test_1200_instead_of_1500(owner: Owner) -> None:
    """Product 1.4.2: "with 1,200 instead of 1,500" these bookings would have been refused, and why."""
    budget = owner.budget("1500")
    payments = [pay(owner, amount) for amount in ("700", "400", "200", "100", "150")]
    before = row_counts()
    outcome = tried(budget, "1200")
    assert [one.asked.document_id for one in outcome.refused] == [p.document.id for p in (payments[2], payments[4])]
    assert [(figure(one.asked.amount), figure(one.left), figure(one.shortfall)) for one in outcome.refused] == [
        ("200", "100", "100"),
        ("150", "0", "150"),
    ]
    assert (outcome.spends, outcome.was_refused, outcome.spent) == (5, 1, 1200)
    assert outcome.refused_amount == 350
    assert [one.asked.was_refused for one in outcome.refused] == [False, True]
    assert row_counts() == before


def test_with_more_what_was_refused_passes(owner: Owner) -> None:
    budget = owner.budget("100")
    refused, small = pay(owner, "150"), pay(owner, "60")
    outcome = tried(budget, "200")
    assert [one.asked.document_id for one in outcome.refused] == [small.document.id]
    assert figure(outcome.refused[0].left) == "50"
    assert tried(budget, "210").refused == []
    assert [one.asked.document_id for one in tried(budget, "100").refused] == [refused.document.id]


def test_what_another_gate_refused_too_takes_nothing(owner: Owner) -> None:
    """200,000 are more than the wallet has, whatever the budget says."""
    budget = owner.budget("100")
    pay(owner, "200000")
    outcome = tried(budget, "500000")
    assert (outcome.spends, outcome.refused, outcome.spent) == (1, [], 0)


def test_a_refund_makes_room_unless_its_payment_would_have_been_refused(owner: Owner) -> None:
    budget = owner.budget("300")
    first, second = pay(owner, "100"), pay(owner, "200")
    refund(owner, first, "40")
    refund(owner, second, "200")
    pay(owner, "140")
    outcome = tried(budget, "150")
    assert [figure(one.asked.amount) for one in outcome.refused] == ["200", "140"]
    assert [figure(one.left) for one in outcome.refused] == ["50", "90"]
    assert figure(outcome.left) == "90"


def test_what_a_hold_gives_back_makes_room(owner: Owner) -> None:
    budget = owner.budget("300")
    captured, released = owner.hold("150"), owner.hold("100")
    _end(owner, captured, "140")
    _end(owner, released, None)
    pay(owner, "110")
    outcome = tried(budget, "250")
    assert (outcome.refused, figure(outcome.spent), figure(outcome.left)) == ([], "250", "0")
    assert [figure(one.asked.amount) for one in tried(budget, "249").refused] == ["100", "110"]


def _end(owner: Owner, hold: Hold, amount: str | None) -> None:
    books = owner.books
    command: Any = books.release(hold) if amount is None else books.capture(hold, amount)
    assert code_of(journal.post([command])[0]) is None


def test_enforcement_and_buffer_may_be_supposed_otherwise(owner: Owner) -> None:
    budget = owner.budget("100", enforcement=Enforcement.WARN)
    pay(owner, "110")
    assert tried(budget, "100").refused == []
    assert [figure(one.left) for one in tried(budget, "100", enforcement=Enforcement.BLOCK).refused] == ["100"]
    assert tried(budget, "100", enforcement=Enforcement.BLOCK, buffer_percent=10).refused == []
    assert tried(budget, "100", enforcement=Enforcement.BLOCK, buffer_amount=Decimal(10)).refused == []
    budget.refresh_from_db()
    assert (budget.amount, budget.enforcement) == (100, "WARN")


def test_what_the_period_was_given_counts_from_then_and_changes_of_the_amount_do_not(owner: Owner) -> None:
    budget = owner.budget("100")
    pay(owner, "60")
    adjust_period(budget.id, Decimal(40), origin=ORIGIN, changed_by=None, reason="Once.")
    change(budget, amount=Decimal(500))
    pay(owner, "70")
    outcome = tried(budget, "100")
    assert (outcome.refused, figure(outcome.left)) == ([], "10")
    assert [figure(one.left) for one in tried(budget, "80").refused] == ["60"]


def test_each_period_starts_anew_and_the_newest_are_taken(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set two weeks ago: what comes late belongs to the week in which it happened."""
    two_weeks_ago = database_now() - timedelta(weeks=2)
    with monkeypatch.context() as then:
        then.setattr("budgets.services.creating.database_now", lambda: two_weeks_ago)
        budget = owner.budget("100", period_type=WEEKLY, grace_days=30)
    turn([budget.id])
    for days, amount in ((14, "90"), (7, "80"), (0, "70"), (7, "30")):
        owner.spend(amount, at=database_now() - timedelta(days=days))
    budget.refresh_from_db()
    test = back_test(budget, Trial(amount=Decimal(75)), periods=2)
    assert [period.id for period, _ in test.periods] == [period.id for period in periods(budget)[1:3]]
    last_week, this_week = (outcome for _, outcome in test.periods)
    assert [(figure(one.asked.amount), one.asked.was_refused) for one in last_week.refused] == [("80", False)]
    assert (last_week.spends, last_week.was_refused, last_week.spent) == (2, 1, 30)
    assert (this_week.spends, this_week.refused, figure(this_week.left)) == (1, [], "5")
    whole = back_test(budget, Trial(amount=Decimal(75)), periods=12)
    assert [figure(outcome.refused_amount) for _, outcome in whole.periods] == ["90", "80", "0"]


def test_a_budget_that_has_not_begun_has_nothing_to_test(owner: Owner) -> None:
    budget = owner.budget("100", start_date=date(2099, 1, 1))
    assert back_test(budget, Trial(amount=Decimal(1)), periods=3).periods == []


@pytest.mark.parametrize(
    ("trial", "pointer"),
    [
        ({"amount": Decimal(0)}, "/total_amount"),
        ({"amount": Decimal(1), "buffer_amount": Decimal(1), "buffer_percent": 1}, "/buffer_percent"),
    ],
)
def test_a_trial_that_makes_no_sense(owner: Owner, trial: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        back_test(owner.budget("100"), Trial(**trial), periods=3)
    assert refused.value.data["errors"][0]["pointer"] == pointer


def test_more_than_can_be_run_through_is_not_run_through_in_part(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = owner.budget("1000")
    for _ in range(3):
        pay(owner, "1")
    assert MOST_STEPS > 3
    monkeypatch.setattr("budgets.services.backtests.MOST_STEPS", 3)
    with pytest.raises(InvalidInput) as refused:
        tried(budget, "10")
    assert refused.value.data["errors"][0]["pointer"] == "/periods"


WISHES = st.tuples(st.sampled_from(["pay", "hold", "refund", "capture", "release"]), st.integers(1, 60))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes=st.lists(WISHES, min_size=5, max_size=14), buffer=st.integers(0, 20))
def test_with_the_real_rule_it_refuses_what_was_refused(wishes: list[tuple[str, int]], buffer: int) -> None:
    """And leaves what is left, after any history of payments, holds, refunds, captures and releases."""
    owner = Owner()
    budget = owner.budget("100", buffer_amount=Decimal(buffer))
    other = owner.budget("70", period_type=WEEKLY)
    payments: list[Any] = []
    held: list[tuple[Hold, int]] = []
    for kind, amount in wishes:
        if kind == "pay":
            command = pay(owner, str(amount))
            if Transaction.objects.get(id=command.document.id).state == "COMPLETED":
                payments.append([command, amount])
        elif kind == "hold" and min(left(budget), left(other)) >= amount:
            held.append((owner.hold(str(amount)), amount))
        elif kind == "refund" and payments and payments[-1][1] > 0:
            part = min(amount, payments[-1][1])
            refund(owner, payments[-1][0], str(part))
            payments[-1][1] -= part
        elif kind in {"capture", "release"} and held:
            hold, most = held.pop()
            _end(owner, hold, str(min(amount, most)) if kind == "capture" else None)
    for one, whole in ((budget, "100"), (other, "70")):
        outcome = tried(one, whole, periods=1)
        real = _refused_by(one)
        assert {spend.asked.document_id for spend in outcome.refused} == real
        assert outcome.was_refused == len(real)
        now = figures(current(one))
        assert (outcome.left, outcome.spent) == (now.remaining, now.used + now.reserved)


def _refused_by(budget: Budget) -> set[Any]:
    """By the decisions themselves."""
    failed = Event.objects.filter(type="TransactionFailed")
    return {
        event.stream_id
        for event in failed
        if any(gate["id"] == str(budget.id) and gate["code"] == "budget.exceeded" for gate in event.data["gates"])
    }
