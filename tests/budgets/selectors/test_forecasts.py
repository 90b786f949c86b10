"""Where a budget is heading, by the postings of the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.core.forecast import ENOUGH_BOOKINGS
from budgets.models import Budget
from budgets.selectors.forecasts import Outlook, outlook_of
from ledger.days import ONE_DAY
from ledger.selectors.clock import database_now
from ledger.selectors.envelope_history import spent_between
from ledger.services import journal
from ledger.services.allowances import EnvelopeKind
from tests.budgets.factories import BERLIN, WEEKLY, Owner, current
from tests.ledger.books import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return Owner()


def outlook(budget: Budget) -> Outlook:
    found = outlook_of(budget)
    assert found is not None
    return found


def spend(owner: Owner, amount: str, *, at: datetime) -> None:
    """A payment that is recorded now and counts from an earlier moment."""
    allowances = owner.payment(amount, at=at).allowances
    earlier: Any = {"effective_at": at, "effective_reason": "Forgotten."}
    assert (
        code_of(journal.post([owner.books.payment(owner.wallet, amount, allowances=allowances, **earlier)])[0]) is None
    )


def test_the_last_28_days_go_on_to_the_end(owner: Owner) -> None:
    """280.00 in 28 days are 10.00 a day; what is held counts as if it were spent."""
    today = BERLIN.day_of(database_now())
    budget = owner.budget("2000", period_type="CUSTOM", start_date=today - 40 * ONE_DAY, end_date=today + 60 * ONE_DAY)
    first = BERLIN.starts_at(today - 27 * ONE_DAY)
    spend(owner, "500", at=first - timedelta(microseconds=1))  # the day before the 28
    spend(owner, "200", at=first)
    assert owner.spend("80") is None
    owner.hold("40")
    found = outlook(budget)
    assert (found.forecast.daily_average, found.forecast.days_left) == (Decimal("10.00"), 59)
    assert found.forecast.projected == 780 + 40 + 590
    assert (found.forecast.enough_data, found.forecast.exhausted_on) == (True, None)
    assert (found.figures.used, found.figures.reserved, found.figures.remaining) == (780, 40, 1180)


def test_a_refund_lowers_the_average(owner: Owner) -> None:
    budget = owner.budget("600")
    command = owner.payment("280")
    journal.post([command])
    assert outlook(budget).forecast.daily_average == Decimal("10.00")
    assert code_of(journal.post([owner.books.refund(command.document.id, "140")])[0]) is None
    assert outlook(budget).forecast.daily_average == Decimal("5.00")


def test_the_periods_before_count_too(owner: Owner) -> None:
    budget = owner.budget("600", period_type=WEEKLY, grace_days=60)
    last_week = current(budget).starts_at - timedelta(days=2)
    spend(owner, "28", at=last_week)
    assert owner.spend("28") is None
    assert outlook(budget).forecast.daily_average == Decimal("2.00")


def test_five_bookings_are_enough(owner: Owner) -> None:
    """A period of a year that began today is known by its bookings only."""
    today = BERLIN.day_of(database_now())
    budget = owner.budget("10", period_type="CUSTOM", start_date=today, end_date=today + 365 * ONE_DAY)
    for number in range(1, ENOUGH_BOOKINGS + 1):
        assert owner.spend("1") is None
        assert outlook(budget).forecast.enough_data is (number == ENOUGH_BOOKINGS)
    assert outlook(budget).forecast.exhausted_on == today + 28 * ONE_DAY  # 5.00 left at 5.00 in 28 days


def test_without_a_current_period_there_is_nothing_to_tell(owner: Owner) -> None:
    today = BERLIN.day_of(database_now())
    assert outlook_of(owner.budget("600", start_date=today + 40 * ONE_DAY)) is None
    Budget.objects.filter(wallet_id=owner.wallet.wallet_id).update(zone="Mars/Olympus")
    assert outlook_of(Budget.objects.get(wallet_id=owner.wallet.wallet_id)) is None


def test_however_many_spends_it_takes_five_queries(owner: Owner) -> None:
    budget = owner.budget("600")
    counts = set()
    for _ in range(3):
        owner.spend("10")
        with CaptureQueriesContext(connection) as captured:
            outlook(budget)
        counts.add(len(captured))
    assert counts == {5}


def test_days_are_those_between_the_marks(owner: Owner) -> None:
    """A spend counts from its mark on, up to, but without, the next one."""
    budget = owner.budget("600", start_date=BERLIN.day_of(database_now()) - 5 * ONE_DAY, period_type=WEEKLY)
    envelope = (current(budget).id, "EUR")
    begin = current(budget).starts_at
    spend(owner, "7", at=begin)
    marks = [begin - ONE_DAY, begin, begin + timedelta(microseconds=1), database_now() + ONE_DAY]
    assert spent_between(EnvelopeKind.BUDGET, [envelope], marks) == [0, 7, 0]
