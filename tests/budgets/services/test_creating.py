"""Setting budgets (R55, R71, R83)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from budgets.errors import BudgetOverlap, ParentExceeded
from budgets.models import Budget, BudgetRevision
from budgets.models.vocabulary import ChildrenMode, PeriodType, Rollover
from budgets.services import timeline
from budgets.services.invariants import find_broken_budgets
from budgets.services.turning import turn
from ledger.errors import InvalidInput
from ledger.models import OutboxMessage
from tests.budgets.factories import Owner, create, current, figures, messages, periods
from tests.ledger.books import row_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_a_budget_has_its_period_its_history_and_its_messages(owner: Owner) -> None:
    budget = owner.budget("600", thresholds=(100, 50))
    assert [period.base for period in periods(budget)] == [600] * len(periods(budget))
    assert messages(budget) == ["BudgetCreated"] + ["BudgetPeriodOpened"] * len(periods(budget))
    assert (budget.version, budget.thresholds) == (len(messages(budget)), [50, 100])
    (row,) = BudgetRevision.objects.filter(budget=budget)
    assert (row.version, row.old_amount, row.new_amount) == (1, None, Decimal(600))
    assert row.change_reason == "Agreed with the team."
    assert owner.spend("150") is None
    assert owner.spend("500") == "budget.exceeded"
    told = figures(current(budget))
    assert (told.allocated, told.used, told.reserved, told.remaining) == (600, 150, 0, 450)
    assert [finding for finding in find_broken_budgets() if finding.broken] == []


def test_the_message_tells_what_was_set_and_nobodys_name(owner: Owner) -> None:
    budget = owner.budget("600", name="For Mia")
    message = OutboxMessage.objects.get(aggregate_id=budget.id, sequence=1)
    assert "Mia" not in str(message.data)


def test_one_that_begins_later_has_no_period_until_then(owner: Owner) -> None:
    budget = owner.budget("600", start_date=date(2031, 3, 15), prorate_first=True)
    assert periods(budget) == []
    assert owner.spend("1000") is None
    turn([budget.id], datetime(2031, 3, 15, 12, tzinfo=UTC))
    (period,) = periods(budget)
    assert (period.key, period.base) == ("2031-03", Decimal("329.03"))
    assert period.starts_at == datetime(2031, 3, 14, 23, tzinfo=UTC)
    assert period.ends_at == datetime(2031, 3, 31, 22, tzinfo=UTC)
    turn([budget.id], datetime(2031, 4, 1, 12, tzinfo=UTC))
    assert [(p.key, p.base) for p in periods(budget)] == [("2031-03", Decimal("329.03")), ("2031-04", 600)]


def test_without_the_wish_the_first_period_gets_it_all(owner: Owner) -> None:
    budget = owner.budget("600", start_date=date(2031, 3, 15))
    turn([budget.id], datetime(2031, 3, 15, 12, tzinfo=UTC))
    assert [p.base for p in periods(budget)] == [600]


def test_two_of_a_kind_do_not_stand_beside_each_other(owner: Owner) -> None:
    first = owner.budget("600", categories=("travel", "food"))
    before = row_counts()
    with pytest.raises(BudgetOverlap) as refused:
        owner.budget("200", categories=("food", "travel"))
    assert refused.value.data == {"existing_id": str(first.id)}
    assert row_counts() == before
    assert Budget.objects.filter(wallet_id=owner.wallet.wallet_id).count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"period_type": PeriodType.WEEKLY},
        {"categories": ("travel",)},
        {"start_date": date(2098, 1, 1)},
    ],
    ids=["another period", "other categories", "another time"],
)
def test_others_stand_beside_it(owner: Owner, other: dict[str, Any]) -> None:
    owner.budget("600", end_date=date(2097, 1, 1))
    assert owner.budget("200", **other).status == "ACTIVE"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"thresholds": (0,)}, "/thresholds/0"),
        ({"thresholds": (50, 1001)}, "/thresholds/1"),
        ({"thresholds": (50, 50)}, "/thresholds"),
        ({"categories": ("ok", " travel")}, "/categories/1"),
        ({"categories": tuple(map(str, range(21)))}, "/categories"),
        ({"amount": Decimal(0)}, "/amount"),
        ({"amount": Decimal("1e20")}, "/amount"),
        ({"buffer_amount": Decimal(-1)}, "/buffer_amount"),
        ({"buffer_amount": Decimal(1), "buffer_percent": 1}, "/buffer_percent"),
        ({"buffer_percent": 101}, "/buffer_percent"),
        ({"period_type": PeriodType.CUSTOM}, "/end_date"),
        ({"end_date": date(2020, 1, 1)}, "/end_date"),
        ({"start_date": date(1999, 12, 31)}, "/start_date"),
        ({"period_type": PeriodType.CUSTOM, "end_date": date(2099, 1, 1), "rollover": Rollover.SURPLUS}, "/rollover"),
        ({"rollover_cap": Decimal(5)}, "/rollover_cap"),
        ({"team_id": UUID(int=1)}, "/team_id"),
        ({"user_id": None}, "/user_id"),
        ({"grace_days": -1}, "/grace_days"),
    ],
)
def test_what_makes_no_sense_is_told_where(owner: Owner, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(replace(owner.spec("600"), **wrong))
    assert [error["pointer"] for error in refused.value.data["errors"]] == [pointer]
    assert not Budget.objects.filter(company_id=owner.books.company_id).exists()


def test_an_amount_finer_than_its_currency_is_refused(owner: Owner) -> None:
    with pytest.raises(InvalidInput) as refused:
        owner.budget("600.00001")
    assert refused.value.code == "money.scale_exceeded"


def test_there_is_always_a_reason(owner: Owner) -> None:
    with pytest.raises(InvalidInput):
        create(owner.spec(), reason=" ")


def test_an_envelope_gives_no_more_than_it_has(owner: Owner) -> None:
    parent = create(owner.company_spec("1000", children_mode=ChildrenMode.ENVELOPE))
    create(owner.team_spec("700", parent_id=parent.id))
    with pytest.raises(ParentExceeded) as refused:
        create(owner.spec("300.01", parent_id=parent.id))
    assert refused.value.data["available"] == "300"
    assert create(owner.spec("300", parent_id=parent.id)).parent_id == parent.id


def test_a_cap_lets_its_children_allow_more(owner: Owner) -> None:
    parent = create(owner.company_spec("1000"))
    create(owner.team_spec("700", parent_id=parent.id))
    assert create(owner.spec("700", parent_id=parent.id)).parent_id == parent.id


def test_children_that_follow_each_other_count_once(owner: Owner) -> None:
    parent = create(owner.company_spec("1000", children_mode=ChildrenMode.ENVELOPE))
    create(owner.spec("900", parent_id=parent.id, end_date=date(2097, 1, 1)))
    assert create(owner.spec("1000", parent_id=parent.id, start_date=date(2097, 1, 1))).amount == 1000


def test_a_parent_stands_above_in_the_same_company_and_currency(owner: Owner) -> None:
    team, other = create(owner.team_spec("500")), create(Owner().company_spec("500"))
    for spec in (
        owner.team_spec("5", parent_id=team.id, categories=("a",)),
        owner.company_spec("5", parent_id=team.id),
        owner.spec("5", parent_id=other.id),
        owner.spec("5", parent_id=owner.user_id),
    ):
        with pytest.raises(InvalidInput) as refused:
            create(spec)
        assert refused.value.data["errors"][0]["pointer"] == "/parent_id"


def test_what_breaks_on_the_way_leaves_nothing(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner.budget("1", categories=("first",))

    def crash(line: timeline.Timeline) -> None:
        raise ConnectionError

    monkeypatch.setattr(timeline, "_compare", crash)
    before = row_counts()
    with pytest.raises(ConnectionError):
        owner.budget("600")
    assert row_counts() == before
    assert Budget.objects.filter(company_id=owner.books.company_id).count() == 1
