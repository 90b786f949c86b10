"""Opening and closing periods as time goes on: by the minute, and lazily when a spend comes first (R59, R60)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def turn(budget_ids: Iterable[UUID] | None = None) -> int:
    """Bring budgets up to the present by the database's clock; safe at any time, by many at once, and late.

    Opens the current period of each ACTIVE budget, and the next when it begins within a day; closes what is over and
    carries over by rule, and once more what came back later; sets EXPIRED. May be called inside a transaction.

    Args:
        budget_ids: only these; None = all that need it.

    Returns:
        How many budgets were changed.
    """
    raise NotImplementedError
