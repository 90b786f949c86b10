"""What compares budgets with the ledger finds each kind of difference (I9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from budgets.models import Budget, BudgetPeriod, BudgetRevision
from budgets.services.invariants import BUDGETS, check_budgets, find_broken_budgets
from ledger.ids import new_id
from ledger.money import ZERO
from ledger.services.job_runs import WorkFailed
from tests.budgets.factories import Owner, change, current

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget() -> Budget:
    owner = Owner()
    budget = owner.budget("600")
    owner.spend("150")
    change(budget, amount=Decimal(700))
    return budget


def more_base(budget: Budget) -> None:
    BudgetPeriod.objects.filter(budget=budget).update(base=F("base") + 1)


def period_without_accounts(budget: Budget) -> None:
    period = current(budget)
    ends_at = period.ends_at + timedelta(days=400)
    starts_at = ends_at - timedelta(days=1)
    BudgetPeriod.objects.create(
        id=new_id(), budget=budget, key="none", starts_at=starts_at, ends_at=ends_at, base=ZERO, opened_at=starts_at
    )


def other_buffer(budget: Budget) -> None:
    Budget.objects.filter(id=budget.id).update(buffer_amount=5)


def other_version(budget: Budget) -> None:
    Budget.objects.filter(id=budget.id).update(version=F("version") + 1)


def other_amount(budget: Budget) -> None:
    Budget.objects.filter(id=budget.id).update(amount=701)


def row_without_event(budget: Budget) -> None:
    BudgetRevision.objects.create(
        budget=budget,
        version=99,
        old_amount=Decimal(700),
        new_amount=Decimal(700),
        effective="NOW",
        change_reason="Nobody did.",
    )


def carried_into_nothing(budget: Budget) -> None:
    BudgetPeriod.objects.filter(id=current(budget).id).update(carried_out=5, adjustments=F("adjustments") + 5)


BREAKS: dict[str, Callable[[Budget], None]] = {
    "I9": more_base,
    "I9a": period_without_accounts,
    "I9b": other_buffer,
    "I9c": other_version,
    "I9d": other_amount,
    "I9e": row_without_event,
    "I9f": carried_into_nothing,
}


def test_all_can_be_broken() -> None:
    assert [invariant.id for invariant in BUDGETS] == list(BREAKS)


def test_nothing_is_broken(budget: Budget) -> None:
    assert check_budgets() == {"invariants": len(BUDGETS), "broken": 0}
    said = StringIO()
    call_command("verify_budgets", stdout=said)
    assert "All invariants of budgets hold." in said.getvalue()


@pytest.mark.parametrize("id", BREAKS)
def test_what_is_broken_is_named(budget: Budget, id: str) -> None:
    BREAKS[id](budget)
    broken = {finding.invariant.id: finding.broken for finding in find_broken_budgets() if finding.broken}
    assert id in broken
    assert str(budget.id) in str(broken) or str(current(budget).id) in str(broken) or "none" in str(broken)
    with pytest.raises(WorkFailed, match=f"{id} is broken"):
        check_budgets()
    with pytest.raises(CommandError, match="is broken"):
        call_command("verify_budgets", stdout=StringIO())
