"""Which period gets back what is refunded."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.selectors.refunding import redirections
from ledger.ids import new_id
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
    budget = Somebody().budget(refunds_to="CURRENT")
    assert redirections([give_past(budget).id]) == {}


def test_several_budgets_and_a_limit_in_one_query() -> None:
    alice = Somebody()
    budgets = [alice.budget(scope, refunds_to="CURRENT") for scope in ("WALLET", "TEAM", "COMPANY")]
    past, present = [give_past(budget) for budget in budgets], [give_present(budget) for budget in budgets]
    others = [alice.limit().id, new_id()]
    with CaptureQueriesContext(connection) as queries:
        found = redirections([*(period.id for period in past), *others])
    assert found == {old.id: new.id for old, new in zip(past, present, strict=True)}
    assert len(queries) == 1
