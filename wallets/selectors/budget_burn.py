"""How fast budgets are used up: what was spent of all of them up to each day, beside even use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from uuid import UUID

from django.db.models import F

from budgets.core.rounding import rounded_down
from budgets.models import BudgetPeriod
from compliance.models import Caller
from ledger.money import EXACT, ZERO
from ledger.selectors.assets import get_asset
from ledger.selectors.envelope_history import spent_by_asset
from ledger.selectors.totals import MOST_COUNTED
from ledger.services.allowances import EnvelopeKind
from wallets.selectors.budgets import budgets_for

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Burn:
    """Of the budgets of one currency, from the first mark on.

    Attributes:
        spent: what was spent from each mark up to the next one that has begun; total: up to its end.
        even: what would be spent by each mark but the first if all was used evenly. A period that lies partly outside
            of the marks allows its share by time.
    """

    currency: str
    spent: list[Decimal]
    total: list[Decimal]
    even: list[Decimal]


def burn_of_budgets(
    caller: Caller, marks: Sequence[datetime], now: datetime, *, team_id: UUID | None = None
) -> list[Burn] | None:
    """How the budgets that a caller sees are used up, by currency; two queries.

    A spend that counts in two budgets is in both, and so is what they allow.

    Args:
        marks: ascending, the beginnings of days and the end of the last.
        team_id: only the budgets of this team and its people.

    Returns:
        None when they have more periods than `MOST_COUNTED`.

    Raises:
        OperationalError: they hold more than can be added up in a moment.
    """
    periods = BudgetPeriod.objects.filter(
        budget_id__in=budgets_for(caller, team_id).values("id"), starts_at__lt=marks[-1], ends_at__gt=marks[0]
    )
    allowed = F("base") + F("carry_in") + F("adjustments")
    columns = ("id", "budget__currency", "starts_at", "ends_at", "allowed")
    rows = list(periods.annotate(allowed=allowed).values_list(*columns)[: MOST_COUNTED + 1])
    if len(rows) > MOST_COUNTED:
        return None
    spent = spent_by_asset(EnvelopeKind.BUDGET, [(id, currency) for id, currency, *_ in rows], marks)
    begun = sum(mark <= now for mark in marks[:-1])
    groups: dict[str, dict[tuple[datetime, datetime], Decimal]] = {}
    for _, currency, starts_at, ends_at, amount in rows:
        group = groups.setdefault(currency, {})
        group[starts_at, ends_at] = EXACT.add(group.get((starts_at, ends_at), ZERO), amount)
    nothing = [ZERO] * (len(marks) - 1)
    return [
        _burn(currency, spent.get(currency, nothing)[:begun], even_use(groups[currency].items(), marks))
        for currency in sorted(groups)
    ]


def _burn(currency: str, spent: list[Decimal], even: Sequence[Fraction]) -> Burn:
    scale = get_asset(currency).cash_scale
    return Burn(currency, spent, list(accumulate(spent, EXACT.add)), [rounded_down(one, scale) for one in even])


def even_use(periods: Iterable[tuple[tuple[datetime, datetime], Decimal]], marks: Sequence[datetime]) -> list[Fraction]:
    """What even use of periods adds up to from the first mark to each of the others.

    Args:
        periods: (beginning, end) and what is allowed.
    """
    steps = [Fraction(0)] * (len(marks) - 1)
    for (starts_at, ends_at), allowed in periods:
        whole = (ends_at - starts_at) // _MOMENT
        for place, (start, end) in enumerate(zip(marks, marks[1:], strict=False)):
            common = (min(end, ends_at) - max(start, starts_at)) // _MOMENT
            if common > 0:
                steps[place] += Fraction(allowed) * Fraction(common, whole)
    return list(accumulate(steps))
