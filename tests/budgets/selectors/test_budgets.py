"""Reading budgets with their figures, in a constant number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models.vocabulary import PeriodType
from budgets.selectors.budgets import find_budgets, get_budget, view_budgets
from budgets.selectors.figures import figures_of
from budgets.selectors.periods import get_period, periods_of, revisions_of
from ledger.errors import NotFound
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from tests.budgets.factories import Owner, change, create, current

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_a_budget_is_read_with_its_current_period(owner: Owner) -> None:
    budget, later = owner.budget("600"), owner.budget("5", categories=("later",), start_date=date(2099, 1, 1))
    owner.spend("150")
    view, unborn = view_budgets([budget, later])
    assert view.period == current(budget)
    assert view.figures is not None
    assert (view.figures.allocated, view.figures.used, view.figures.remaining) == (600, 150, 450)
    assert (unborn.budget, unborn.period, unborn.figures) == (later, None, None)
    assert view_budgets([]) == []


def test_however_many_there_are_it_takes_two_queries(owner: Owner) -> None:
    counted = []
    for name in ("a", "b", "c", "d"):
        owner.budget("600", categories=(name,))
        budgets = list(find_budgets(wallet_ids=[owner.wallet.wallet_id]))
        with CaptureQueriesContext(connection) as queries:
            assert len(view_budgets(budgets)) == len(budgets)
        counted.append(len(queries))
    assert counted == [2, 2, 2, 2]


def test_budgets_are_found_by_whose_they_are(owner: Owner) -> None:
    wallet = owner.budget("600")
    weekly = owner.budget("100", period_type=PeriodType.WEEKLY)
    team, company = create(owner.team_spec("1000")), create(owner.company_spec("5000"))
    Owner().budget("600")
    company_id = owner.books.company_id
    assert set(find_budgets(company_id=company_id)) == {wallet, weekly, team, company}
    assert set(find_budgets(wallet_ids=[owner.wallet.wallet_id])) == {wallet, weekly}
    assert set(find_budgets(user_ids=[owner.user_id], period_type="WEEKLY")) == {weekly}
    assert set(find_budgets(team_ids=[owner.team_id])) == {team}
    assert set(find_budgets(company_id=company_id, scope="COMPANY")) == {company}
    assert set(find_budgets(company_id=company_id, status="SUSPENDED")) == set()
    assert set(find_budgets(wallet_ids=[])) == set()


def test_figures_of_the_past_are_those_of_the_past(owner: Owner) -> None:
    budget = owner.budget("600")
    owner.spend("150")
    moment = database_now()
    owner.spend("50")
    period = current(budget)
    then, now = figures_of([period], at=moment)[period.id], figures_of([period])[period.id]
    assert (then.used, then.remaining) == (150, 450)
    assert (now.used, now.remaining) == (200, 400)
    before = figures_of([period], at=moment - timedelta(days=400))[period.id]
    assert (before.used, before.remaining) == (0, 0)


def test_periods_and_history_are_found_by_their_budget(owner: Owner) -> None:
    budget = owner.budget("600")
    change(budget, amount=Decimal(700))
    period = current(budget)
    assert period in periods_of(budget.id)
    assert get_period(budget.id, period.key) == period
    rows = revisions_of(budget.id).order_by("version").values_list("old_amount", "new_amount")
    assert list(rows) == [(None, 600), (600, 700)]
    with pytest.raises(NotFound):
        get_period(budget.id, "1999-01")
    with pytest.raises(NotFound):
        get_budget(new_id())
