"""Templates, and the budgets that new wallets get by them (R78)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from budgets.core.periods import prorated, window_at
from budgets.errors import TemplateOverlap
from budgets.models import Budget, BudgetRevision, BudgetTemplate
from budgets.models.vocabulary import Enforcement, PeriodType, RefundsTo, Rollover
from budgets.services import creating, templates
from budgets.services.templates import REASON, TemplateSpec, apply_templates, change_template, create_template
from ledger.errors import InvalidInput, NotFound, PreconditionFailed
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from tests.budgets.factories import BERLIN, ORIGIN, Owner, current, messages, periods

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def template(owner: Owner, name: str = "Monthly budget", amount: str = "600", **more: Any) -> BudgetTemplate:
    company = {"company_id": owner.books.company_id, "currency": "EUR"}
    return create_template(TemplateSpec(**{**company, "name": name, "amount": Decimal(amount), **more}))


def applied(owner: Owner, role: str = "EMPLOYEE", currency: str = "EUR") -> list[Budget]:
    return apply_templates(
        company_id=owner.books.company_id,
        role=role,
        wallet_id=owner.wallet.wallet_id,
        user_id=owner.user_id,
        currency=currency,
        calendar=BERLIN,
        origin=ORIGIN,
    )


def test_a_new_wallet_gets_what_the_template_says(owner: Owner) -> None:
    made = template(
        owner,
        amount="600",
        period_type=PeriodType.MONTHLY,
        categories=("travel", "food"),
        enforcement=Enforcement.WARN,
        buffer_percent=10,
        thresholds=(100, 50),
        rollover=Rollover.SURPLUS,
        rollover_cap=Decimal(100),
        refunds_to=RefundsTo.CURRENT,
        grace_days=3,
        prorate_first=False,
    )
    (budget,) = applied(owner)
    assert (budget.wallet_id, budget.user_id, budget.scope) == (owner.wallet.wallet_id, owner.user_id, "WALLET")
    assert (budget.name, budget.amount, budget.categories) == (made.name, 600, ["food", "travel"])
    assert (budget.enforcement, budget.buffer_percent, budget.thresholds) == ("WARN", 10, [50, 100])
    assert (budget.rollover, budget.rollover_cap, budget.refunds_to, budget.grace_days) == (
        "SURPLUS",
        100,
        "CURRENT",
        3,
    )
    assert (budget.zone, budget.start_date) == ("Europe/Berlin", BERLIN.day_of(database_now()))
    assert current(budget).base == 600
    assert messages(budget)[:2] == ["BudgetCreated", "BudgetPeriodOpened"]
    (row,) = BudgetRevision.objects.filter(budget=budget)
    assert (row.change_reason, row.changed_by) == (REASON, None)


def test_who_joins_on_15_march_gets_17_of_31_days(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journey 1: MONTHLY 600, joins 15 March: 329.03, rounded down."""
    noon = datetime.fromisoformat("2031-03-15T12:00:00+01:00")
    for module in (creating, templates):
        monkeypatch.setattr(module, "database_now", lambda: noon)
    template(owner)
    (budget,) = applied(owner)
    assert budget.start_date == date(2031, 3, 15)
    (period,) = periods(budget)
    assert (period.key, period.base) == ("2031-03", Decimal("329.03"))


def test_the_share_of_today(owner: Owner) -> None:
    template(owner)
    (budget,) = applied(owner)
    now = database_now()
    expected = prorated(Decimal(600), 2, window_at("MONTHLY", BERLIN, now), BERLIN.day_of(now))
    assert current(budget).base == expected
    assert owner.spend(str(expected + 1)) == "budget.exceeded"


def test_once_per_wallet_and_template(owner: Owner) -> None:
    template(owner)
    (budget,) = applied(owner)
    assert applied(owner) == []
    assert Budget.objects.filter(wallet_id=owner.wallet.wallet_id).count() == 1
    template(owner, "Weekly budget", "200", period_type=PeriodType.WEEKLY)
    (weekly,) = applied(owner)
    assert (weekly.period_type, weekly.id != budget.id) == ("WEEKLY", True)


@pytest.mark.parametrize(
    ("more", "gets"),
    [
        ({}, True),
        ({"role": "EMPLOYEE"}, True),
        ({"role": "MANAGER"}, False),
        ({"currency": "USD"}, False),
        ({"company_id": UUID(int=5)}, False),
    ],
)
def test_which_templates_match(owner: Owner, more: dict[str, Any], gets: bool) -> None:
    template(owner, **more)
    assert bool(applied(owner)) is gets


def test_the_one_for_the_role_stands_in_the_place_of_the_general_one(owner: Owner) -> None:
    template(owner, "For everybody", "600")
    template(owner, "For managers", "900", role="MANAGER")
    template(owner, "Travel", "100", categories=("travel",))
    assert [(one.name, one.amount) for one in applied(owner, "MANAGER")] == [("For managers", 900), ("Travel", 100)]


def test_one_that_applies_no_more_gives_nothing(owner: Owner) -> None:
    made = template(owner)
    company_id = owner.books.company_id
    changed, before = change_template(company_id=company_id, template_id=made.id, changes={"is_active": False})
    assert (changed.version, before) == (2, {"is_active": True})
    assert applied(owner) == []
    again, before = change_template(company_id=company_id, template_id=made.id, changes={"is_active": False})
    assert (again.version, before) == (2, {})


@pytest.mark.parametrize("more", [{"period_type": PeriodType.WEEKLY}, {"name": "Another"}])
def test_two_for_a_role_never_say_the_same(owner: Owner, more: dict[str, Any]) -> None:
    """Neither the same name nor the same kind of budget; for another role or in another currency they may."""
    first = template(owner, "Monthly budget", categories=("b", "a"))
    with pytest.raises(TemplateOverlap) as refused:
        template(owner, **{"name": "Monthly budget", "categories": ("a", "b"), **more})
    assert refused.value.data == {"existing_id": str(first.id)}
    template(owner, role="MANAGER", **{"categories": ("a", "b"), **more})


def test_a_rested_one_comes_back_only_where_its_place_is_free(owner: Owner) -> None:
    first = template(owner)
    where: Any = {"company_id": owner.books.company_id, "template_id": first.id}
    change_template(**where, changes={"is_active": False})
    template(owner)
    with pytest.raises(TemplateOverlap):
        change_template(**where, changes={"is_active": True})


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"amount": Decimal(0)}, "/amount"),
        ({"thresholds": (0,)}, "/thresholds/0"),
        ({"categories": ("a", "a")}, "/categories"),
        ({"period_type": PeriodType.CUSTOM}, "/period_type"),
        ({"buffer_amount": Decimal(1), "buffer_percent": 1}, "/buffer_percent"),
        ({"rollover_cap": Decimal(1)}, "/rollover_cap"),
        ({"grace_days": 367}, "/grace_days"),
    ],
)
def test_what_makes_no_sense_is_named(owner: Owner, changes: dict[str, Any], pointer: str) -> None:
    spec = TemplateSpec(company_id=new_id(), name="Monthly", currency="EUR", amount=Decimal(1))
    made = template(owner)
    for attempt in (
        lambda: create_template(replace(spec, **changes)),
        lambda: change_template(company_id=owner.books.company_id, template_id=made.id, changes=changes),
    ):
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert refused.value.data["errors"][0]["pointer"] == pointer
    assert BudgetTemplate.objects.get(id=made.id).version == 1


def test_a_change_counts_for_wallets_that_come_later(owner: Owner) -> None:
    made = template(owner, prorate_first=False)
    (budget,) = applied(owner)
    where: Any = {"company_id": owner.books.company_id, "template_id": made.id}
    with pytest.raises(PreconditionFailed):
        change_template(**where, changes={"amount": Decimal(700)}, expected_version=2)
    change_template(**where, changes={"amount": Decimal(700)}, expected_version=1)
    budget.refresh_from_db()
    assert budget.amount == 600
    later = Owner(books=owner.books)
    assert [one.amount for one in applied(later)] == [700]
    with pytest.raises(NotFound):
        change_template(company_id=new_id(), template_id=made.id, changes={})


def test_a_day_of_the_company_is_told_by_its_own_clocks(owner: Owner) -> None:
    template(owner)
    (budget,) = applied(owner)
    assert current(budget).starts_at == BERLIN.starts_at(budget.start_date)
    assert current(budget).ends_at - current(budget).starts_at <= timedelta(days=31, hours=1)
