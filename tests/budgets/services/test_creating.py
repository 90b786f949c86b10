"""Setting budgets (R55, R71, R83)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budgets.models import BudgetRevision
from tests.budgets.factories import Owner, create, current, figures, periods

pytestmark = pytest.mark.django_db


def test_a_budget_has_its_period_its_history_and_its_messages() -> None:
    owner = Owner()
    budget = owner.budget("600")
    (period,) = [p for p in periods(budget) if p == current(budget)]
    assert figures(period).remaining == 600
    assert budget.version == len(periods(budget)) + 1
    (row,) = BudgetRevision.objects.filter(budget=budget)
    assert (row.version, row.old_amount, row.new_amount) == (1, None, Decimal(600))
    assert owner.spend("150") is None
    assert owner.spend("500") == "budget.exceeded"
    assert (figures(period).used, figures(period).remaining) == (150, 450)
