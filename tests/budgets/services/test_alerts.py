"""What is told of budgets that are being used up (R75)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.models import Budget, BudgetPeriod, ThresholdAlert
from budgets.models.vocabulary import Enforcement, Rollover
from budgets.services.alerts import FOLLOWER, follow_alerts
from budgets.services.changing import adjust_period
from budgets.services.moving import transfer_budget
from budgets.services.turning import turn
from ledger.errors import PreconditionFailed
from ledger.models import Follower, OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.following import follow
from tests.budgets.factories import ORIGIN, WEEKLY, Owner, change, create, current, figures, weeks_later
from tests.ledger import envelopes
from tests.ledger.books import code_of, post, row_counts
from tests.ledger.sessions import answers, together
from tests.wallets.scene import undone

LISTED = (50, 80, 100)


def catch_up() -> None:
    """Whatever others have left is read over."""
    while follow(FOLLOWER, lambda _: None).is_behind:
        pass


def look() -> None:
    while follow_alerts().is_behind:
        pass


@pytest.fixture
def owner(db: None) -> Owner:
    catch_up()
    return Owner()


def weekly(owner: Owner, amount: str = "200", **spec: Any) -> Budget:
    return owner.budget(amount, **{"period_type": WEEKLY, "thresholds": LISTED, "name": "Weekly budget", **spec})


def told_of(budget: Budget, type: str) -> list[dict[str, Any]]:
    rows = OutboxMessage.objects.filter(aggregate_id=budget.id, type=type).order_by("sequence")
    return [row.data for row in rows]


def reached(budget: Budget) -> list[tuple[int, str, str, int]]:
    return [
        (data["threshold_percentage"], data["used_amount"], data["total_amount"], data["revision"])
        for data in told_of(budget, "BudgetThresholdReached")
    ]


def exceeded(budget: Budget) -> list[tuple[str, int | None]]:
    return [(data["exceeded_amount"], data["threshold_percentage"]) for data in told_of(budget, "BudgetExceeded")]


def test_seventy_percent_after_a_capture_tell_of_fifty_once(owner: Owner) -> None:
    """product.md §4, journey 3: 150 held, 140 captured of 200."""
    budget = weekly(owner)
    hold = owner.hold("150")
    look()
    assert reached(budget) == [(50, "150", "200", 1)]
    assert code_of(post(owner.books.capture(hold, "140"))[0]) is None
    look()
    assert reached(budget) == [(50, "150", "200", 1)]
    assert (figures(current(budget)).used, figures(current(budget)).reserved) == (140, 0)


def test_what_is_told(owner: Owner) -> None:
    budget = weekly(owner)
    payment = owner.payment("140")
    post(payment)
    look()
    (data,) = told_of(budget, "BudgetThresholdReached")
    assert data == {
        "budget_id": str(budget.id),
        "company_id": str(budget.company_id),
        "scope": "WALLET",
        "team_id": None,
        "wallet_id": str(budget.wallet_id),
        "user_id": str(budget.user_id),
        "currency": "EUR",
        "revision": 1,
        "period_key": current(budget).key,
        "txn_id": str(payment.document.id),
        "threshold_percentage": 50,
        "used_amount": "140",
        "total_amount": "200",
    }
    budget.refresh_from_db()
    last = OutboxMessage.objects.filter(aggregate_id=budget.id).latest("sequence")
    assert (last.type, last.sequence) == ("BudgetThresholdReached", budget.version)


def test_falling_back_and_crossing_again_tells_nothing(owner: Owner) -> None:
    budget = weekly(owner)
    payment = owner.payment("120")
    post(payment)
    look()
    assert code_of(post(owner.books.refund(payment.document.id, "60"))[0]) is None
    owner.spend("60")
    look()
    assert reached(budget) == [(50, "120", "200", 1)]


def test_reached_and_given_back_before_anybody_looked_is_told_all_the_same(owner: Owner) -> None:
    budget = weekly(owner)
    payment = owner.payment("170")
    post(payment)
    post(owner.books.refund(payment.document.id, "170"))
    look()
    assert reached(budget) == [(50, "170", "200", 1), (80, "170", "200", 1)]


def test_a_revision_is_told_of_anew(owner: Owner) -> None:
    budget = weekly(owner)
    owner.spend("120")
    change(budget, amount=Decimal(300))  # 40 %
    owner.spend("40")
    change(budget, amount=Decimal(200))  # 80 %
    look()
    assert reached(budget) == [
        (50, "120", "200", 1),
        (50, "160", "300", 2),
        (50, "160", "200", 3),
        (80, "160", "200", 3),
    ]
    look()
    assert len(reached(budget)) == 4


def test_more_strictness_is_a_revision_that_the_next_spend_tells_of(owner: Owner) -> None:
    budget = weekly(owner)
    owner.spend("120")
    change(budget, buffer_amount=Decimal(10))
    look()
    assert reached(budget) == [(50, "120", "200", 1)]
    owner.spend("1")
    look()
    assert reached(budget) == [(50, "120", "200", 1), (50, "121", "200", 2)]


def test_what_is_moved_between_budgets_is_a_revision_of_both(owner: Owner) -> None:
    giver, receiver = weekly(owner, categories=("meals",)), weekly(owner, "300", categories=("travel",))
    owner.spend("100", category="meals")
    look()
    assert reached(giver) == [(50, "100", "200", 1)]
    transfer_budget(giver.id, receiver.id, Decimal(50), origin=ORIGIN, changed_by=None, reason="Travel.")
    owner.spend("180", category="travel")
    look()
    assert reached(giver) == [(50, "100", "200", 1), (50, "100", "150", 2)]
    assert reached(receiver) == [(50, "180", "350", 2)]
    assert [current(budget).revision for budget in (giver, receiver)] == [2, 2]


def test_what_is_carried_over_reaches_nothing(owner: Owner) -> None:
    budget = weekly(owner, rollover=Rollover.SURPLUS)
    week = current(budget)
    owner.spend("90")
    now = database_now()
    turn([budget.id], weeks_later(1))
    BudgetPeriod.objects.filter(id=week.id).update(closed_at=now)  # as if the week had passed
    week.refresh_from_db()
    assert (week.carried_out, figures(week).remaining) == (110, 0)
    look()
    assert reached(budget) == []


def test_a_refusal_is_told_of_each_time(owner: Owner) -> None:
    """product.md §4, journey 4: 140 of 200 spent, the next one needs 90."""
    budget, monthly = weekly(owner), owner.budget("600", name="Monthly budget")
    owner.spend("140")
    for _ in range(2):
        assert owner.spend("90") == "budget.exceeded"
    look()
    assert exceeded(budget) == [("30", 115), ("30", 115)]
    assert exceeded(monthly) == []
    first, second = told_of(budget, "BudgetExceeded")
    assert first["txn_id"] != second["txn_id"]
    assert (first["period_key"], first["wallet_id"]) == (current(budget).key, str(owner.wallet.wallet_id))
    assert (first["user_id"], first["was_refused"]) == (str(owner.user_id), True)
    look()
    assert len(exceeded(budget)) == 2


def test_every_budget_that_refuses_is_told_of(owner: Owner) -> None:
    budget, monthly = weekly(owner), owner.budget("220", name="Monthly budget")
    company = owner.books.company_id
    everybody = create(owner.team_spec("250", name="Team budget"))
    owner.spend("190")
    assert owner.spend("90") == "budget.exceeded"
    look()
    assert exceeded(budget) == [("80", 140)]
    assert exceeded(monthly) == [("60", 127)]
    assert exceeded(everybody) == [("30", 112)]
    (data,) = told_of(everybody, "BudgetExceeded")
    assert (data["company_id"], data["user_id"]) == (str(company), None)
    assert data["wallet_id"] == str(owner.wallet.wallet_id)


def test_a_buffer_counts_for_what_lacks_and_not_for_the_share(owner: Owner) -> None:
    budget = weekly(owner, buffer_amount=Decimal(20))
    owner.spend("140")
    assert owner.spend("90") == "budget.exceeded"
    look()
    assert exceeded(budget) == [("10", 115)]


def test_nothing_allowed_has_no_share(owner: Owner) -> None:
    budget = weekly(owner)
    adjust_period(budget.id, Decimal(-200), origin=ORIGIN, changed_by=None, reason="Stop.")
    assert owner.spend("1") == "budget.exceeded"
    look()
    assert exceeded(budget) == [("1", None)]


@pytest.mark.parametrize("enforcement", [Enforcement.WARN, Enforcement.ALLOW])
def test_the_first_crossing_of_a_budget_that_lets_it_pass(owner: Owner, enforcement: Enforcement) -> None:
    budget = weekly(owner, enforcement=enforcement, thresholds=(100,))
    owner.spend("200")
    look()
    assert (reached(budget), exceeded(budget)) == ([(100, "200", "200", 1)], [])
    crossing = owner.payment("10")
    post(crossing)
    owner.spend("5")
    look()
    assert exceeded(budget) == [("10", 105)]
    (told,) = told_of(budget, "BudgetExceeded")
    assert (told["txn_id"], told["was_refused"]) == (str(crossing.document.id), False)
    post(owner.books.refund(crossing.document.id, "10"))
    post(owner.books.refund(_spent(owner).document.id, "7"))
    owner.spend("30")
    look()
    assert len(exceeded(budget)) == 1, "once per period and revision"
    change(budget, amount=Decimal(201))
    look()
    assert len(exceeded(budget)) == 2


def _spent(owner: Owner) -> Any:
    payment = owner.payment("7")
    post(payment)
    return payment


def test_messages_come_in_the_order_of_what_they_tell_of(owner: Owner) -> None:
    budget = weekly(owner)
    owner.spend("110")
    owner.spend("100")
    owner.spend("60")
    look()
    told = OutboxMessage.objects.filter(aggregate_id=budget.id).exclude(type="BudgetPeriodOpened").order_by("sequence")
    assert list(told.values_list("type", flat=True))[1:] == [
        "BudgetThresholdReached",
        "BudgetExceeded",
        "BudgetThresholdReached",
    ]


def test_looking_at_more_takes_no_more_queries(owner: Owner) -> None:
    budgets = [weekly(owner, "1000"), owner.budget("1000")]

    def count(times: int) -> int:
        for _ in range(times):
            owner.spend("1")
            owner.spend("2000")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            follow_alerts()
        return len(queries)

    few, many = count(1), count(15)
    assert few == many
    assert [len(exceeded(budget)) for budget in budgets] == [16, 16]
    owner.spend("1")
    with CaptureQueriesContext(connection) as idle:
        follow_alerts()
    assert len(idle) < few - 8, "nothing to tell, so nobody's row is locked"


def test_the_envelopes_of_others_are_passed_by(owner: Owner) -> None:
    """The ledger knows envelopes that are no periods: other tests make some."""
    envelopes.budget(owner.books.company_id, "10")
    before = row_counts()
    look()
    after = row_counts()
    assert before == after


def test_what_fails_in_the_middle_is_told_the_next_time(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = weekly(owner)
    owner.spend("140")

    def fail(commands: Any) -> Any:
        raise RuntimeError("the worker dies")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "record", fail)
        with pytest.raises(RuntimeError):
            follow_alerts()
    assert (reached(budget), ThresholdAlert.objects.filter(period__budget=budget).count()) == ([], 0)
    look()
    assert reached(budget) == [(50, "140", "200", 1)]


@pytest.fixture
def committed_owner(committed_db: None) -> Owner:
    catch_up()
    return Owner()


def test_two_who_look_at_once_tell_once(committed_owner: Owner) -> None:
    budget = weekly(committed_owner)
    for amount in ("110", "60", "90"):
        committed_owner.spend(amount)
    answers(together([look] * 4))
    assert reached(budget) == [(50, "110", "200", 1), (80, "170", "200", 1)]
    assert exceeded(budget) == [("60", 130)]
    budget.refresh_from_db()
    assert list(
        OutboxMessage.objects.filter(aggregate_id=budget.id).order_by("sequence").values_list("sequence", flat=True)
    ) == list(range(1, budget.version + 1))
    assert Follower.objects.get(name=FOLLOWER).position > 0


OPERATIONS = st.one_of(
    st.tuples(st.just("spend"), st.integers(1, 120)),
    st.tuples(st.just("refund"), st.integers(1, 60)),
    st.tuples(st.just("amount"), st.integers(50, 400)),
    st.tuples(st.just("adjust"), st.integers(-60, 60)),
    st.tuples(st.just("buffer"), st.integers(0, 30)),
    st.tuples(st.just("look"), st.just(0)),
)


class Model:
    """What should have been told, by the simplest of rules."""

    def __init__(self, owner: Owner) -> None:
        self.owner, self.budget = owner, weekly(owner, "200")
        self.used, self.allowed, self.adjusted, self.revision = 0, 200, 0, 1
        self.buffered = 0
        self.spends: list[tuple[Any, int]] = []
        self.told: list[tuple[int, int]] = []

    def do(self, operation: str, amount: int) -> None:
        if getattr(self, operation)(amount):
            for threshold in LISTED:
                total, key = self.allowed + self.adjusted, (threshold, self.revision)
                if self.used > 0 and self.used * 100 >= threshold * total and key not in self.told:
                    self.told.append(key)

    def spend(self, amount: int) -> bool:
        payment = self.owner.payment(str(amount))
        if code_of(post(payment)[0]) is not None:
            return False
        self.used += amount
        self.spends.append((payment.document.id, amount))
        return True

    def refund(self, amount: int) -> bool:
        if not self.spends:
            return False
        id, spent = self.spends.pop()
        given = min(amount, spent)
        assert code_of(post(self.owner.books.refund(id, str(given)))[0]) is None
        self.used -= given
        return True

    def amount(self, amount: int) -> bool:
        if amount == self.allowed:
            return False
        change(self.budget, amount=Decimal(amount))
        self.allowed, self.revision = amount, self.revision + 1
        return True

    def adjust(self, amount: int) -> bool:
        if not amount or self.allowed + self.adjusted + amount < 0:
            return False
        adjust_period(self.budget.id, Decimal(amount), origin=ORIGIN, changed_by=None, reason="So it is.")
        self.adjusted, self.revision = self.adjusted + amount, self.revision + 1
        return True

    def buffer(self, amount: int) -> bool:
        if amount != self.buffered:
            change(self.budget, buffer_amount=Decimal(amount))
            self.buffered, self.revision = amount, self.revision + 1
        return False

    def look(self, amount: int) -> bool:
        look()
        return False


@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(OPERATIONS, max_size=14))
def test_each_threshold_fires_once_per_revision_exactly_if_it_was_reached(
    read_over: None, history: list[tuple[str, int]]
) -> None:
    with undone():
        model = Model(Owner())
        for operation, amount in history:
            model.do(operation, amount)
        look()
        told = [(threshold, revision) for threshold, _, _, revision in reached(model.budget)]
        assert told == model.told
        period = current(model.budget)
        assert period.revision == model.revision
        fired = ThresholdAlert.objects.filter(period=period).values_list("threshold", "revision")
        assert sorted(fired) == sorted(model.told)


@pytest.fixture
def read_over(db: None) -> None:
    catch_up()


def test_what_was_told_meanwhile_is_no_change(owner: Owner) -> None:
    """Whoever has read a budget may change it although a threshold was reached since; not if somebody changed it."""
    budget = owner.budget("200", thresholds=(50,))
    seen = Budget.objects.get(id=budget.id).version
    owner.spend("140")
    look()
    assert Budget.objects.get(id=budget.id).version == seen + 1
    change(budget, amount=Decimal(300), expected_version=seen)
    with pytest.raises(PreconditionFailed):
        change(budget, amount=Decimal(400), expected_version=seen + 1)
    with pytest.raises(PreconditionFailed):
        change(budget, amount=Decimal(400), expected_version=99)
