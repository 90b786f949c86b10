"""How much the budgets below one allow together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

from ledger.money import EXACT, ZERO


@dataclass(frozen=True, slots=True)
class Share:
    """What a budget below allows, and when: from its first day up to, but without, `end_date`; None = open end."""

    amount: Decimal
    start_date: date
    end_date: date | None

    def is_on(self, day: date) -> bool:
        return self.start_date <= day and (self.end_date is None or day < self.end_date)


def most_at_once(shares: Iterable[Share]) -> Decimal:
    """The largest sum of shares that hold on one day: one that follows another does not count besides it.

    The sum only grows on a day on which a share begins, so those days are all that have to be looked at.
    """
    all_shares = list(shares)
    sums = [
        reduce(EXACT.add, (share.amount for share in all_shares if share.is_on(day)), ZERO)
        for day in {share.start_date for share in all_shares}
    ]
    return max(sums, default=ZERO)
