"""What a spend has to fit, with its period opened by the first who asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models import BudgetPeriod
from budgets.services.covering import covering
from ledger.models import Account
from ledger.selectors.clock import database_now
from ledger.services.allowances import Envelope, Unevaluable, ensure_allowance_accounts
from tests.budgets.spending import Somebody

pytestmark = pytest.mark.django_db


def somebody() -> Somebody:
    """Of a company that has had budgets before."""
    somebody = Somebody()
    ensure_allowance_accounts(somebody.company_id, ["EUR"])
    return somebody


@pytest.mark.parametrize("enforcement", ["BLOCK", "WARN", "ALLOW"])
def test_the_first_spend_opens_the_period(enforcement: str) -> None:
    alice = somebody()
    budget = alice.budget(enforcement=enforcement)
    ((envelope,),) = covering([alice.spends()])
    assert isinstance(envelope, Envelope)
    now = database_now()
    period = BudgetPeriod.objects.get(budget=budget, starts_at__lte=now, ends_at__gt=now)
    assert (envelope.owner_id, envelope.starts_at, envelope.ends_at) == (period.id, period.starts_at, period.ends_at)
    available = Account.objects.get(owner_type="BUDGET", owner_id=period.id, bucket="AVAILABLE")
    assert available.balance == 600


def test_once_it_is_open_one_query_is_enough() -> None:
    people = [somebody() for _ in range(10)]
    budgets = [person.budget(scope) for person in people for scope in ("WALLET", "TEAM", "COMPANY")]
    spends = [person.spends() for person in people]
    opened = covering(spends)
    with CaptureQueriesContext(connection) as queries:
        again = covering(spends)
    assert len(queries) == 1
    assert again == opened
    assert {one.rule_id for each in again for one in each if isinstance(one, Envelope)} == {one.id for one in budgets}


def test_a_spend_from_before_the_first_period_counts_in_it_as_late() -> None:
    alice = somebody()
    alice.budget()
    ((envelope,),) = covering([alice.spends(at=database_now() - timedelta(days=60))])
    assert isinstance(envelope, Envelope)
    assert (envelope.is_current, envelope.is_late) == (True, True)


def test_what_cannot_be_opened_blocks() -> None:
    alice = somebody()
    budget, other = alice.budget(zone="Europe/Atlantis"), alice.budget("TEAM", zone="Nowhere", enforcement="WARN")
    ((refusal,),) = covering([alice.spends()])
    assert isinstance(refusal, Unevaluable)
    assert refusal.rule_id == budget.id
    assert not BudgetPeriod.objects.filter(budget__in=[budget, other]).exists()


def test_nothing_is_asked_for_nobody() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert covering([]) == []
    assert len(queries) == 0
