"""At most one active budget per scope, period type, currency and set of categories at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from budgets.errors import BudgetOverlap
from budgets.models import Budget
from budgets.selectors.budgets import budget_in_the_way

_CONSTRAINT = "budget_no_overlap"


@contextmanager
def no_overlap(budget: Budget) -> Iterator[None]:
    """Tell what the database says of a budget that overlaps with another one. Around the transaction of the use case,
    so that the question which one it is can still be asked.

    Raises:
        BudgetOverlap: with the id of the other one.
    """
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != _CONSTRAINT:
            raise
        raise BudgetOverlap(budget_in_the_way(budget)) from error
