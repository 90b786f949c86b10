"""Which period gets back what is refunded."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget
from budgets.services.refunding import redirections
from budgets.services.turning import turn
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from tests.budgets.factories import Owner, at, current
from tests.budgets.spending import A_DAY, Somebody, give_past, give_present

pytestmark = pytest.mark.django_db


def test_a_budget_that_refunds_to_origin_gives_back_where_it_was_taken() -> None:
    budget = Somebody().budget(refunds_to="ORIGIN")
    past = give_past(budget)
    give_present(budget)
    assert redirections([past.id]) == {}


def test_a_budget_that_refunds_to_current_gives_to_the_present_period() -> None:
    budget = Somebody().budget(refunds_to="CURRENT")
    older, past = give_past(budget, ended=60 * A_DAY), give_past(budget)
    present = give_present(budget)
    give_past(budget, ended=-50 * A_DAY, closed_at=None)  # the next, opened ahead
    assert redirections([older.id, past.id]) == {older.id: present.id, past.id: present.id}


def test_the_present_period_needs_no_redirection() -> None:
    budget = Somebody().budget(refunds_to="CURRENT")
    assert redirections([give_present(budget).id]) == {}


def test_without_a_present_period_the_one_that_paid_gets_it_back() -> None:
    budget = Somebody().budget(refunds_to="CURRENT", status="SUSPENDED")
    assert redirections([give_past(budget).id]) == {}


def test_a_present_period_that_nobody_has_opened_yet_is_opened() -> None:
    budget = Owner().budget("100", refunds_to="CURRENT", start_date=date(2099, 1, 1))
    then = database_now() - 40 * A_DAY
    Budget.objects.filter(id=budget.id).update(start_date=date(2020, 1, 1), created_at=then)
    assert turn([budget.id], then) == 1
    past = at(budget, then)
    assert redirections([past.id]) == {past.id: current(budget).id}


def test_several_budgets_and_a_limit_in_one_query() -> None:
    alice = Somebody()
    budgets = [alice.budget(scope, refunds_to="CURRENT") for scope in ("WALLET", "TEAM", "COMPANY")]
    past, present = [give_past(budget) for budget in budgets], [give_present(budget) for budget in budgets]
    others = [alice.limit().id, new_id()]
    with CaptureQueriesContext(connection) as queries:
        found = redirections([*(period.id for period in past), *others])
    assert found == {old.id: new.id for old, new in zip(past, present, strict=True)}
    assert len(queries) == 1
