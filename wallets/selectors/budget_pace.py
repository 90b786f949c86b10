"""How the budgets that somebody sees stand: which are near their end, and which are used faster than time goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F

from budgets.models import BudgetPeriod
from budgets.models.vocabulary import BudgetStatus, RequestState
from compliance.models import Caller
from ledger.money import EXACT
from ledger.selectors.clock import database_now
from ledger.selectors.envelopes import spent_of_budget
from ledger.selectors.totals import MOST_COUNTED
from wallets.selectors.budget_requests import requests_visible_to
from wallets.selectors.budgets import budgets_visible_to

MOST_NEAR = 10
_WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the active budgets with a current period, `MOST_COUNTED` of them at most.

    Attributes:
        ahead: of which a larger share is used than is gone of the time.
        near: of which at least the asked share is used. used_up: all of it, or more.
        nearest: the ids of those of which the largest share is used, that one first; `MOST_NEAR` at most.
    """

    running: int
    ahead: int
    near: int
    used_up: int
    nearest: list[UUID]


@dataclass(frozen=True, slots=True)
class _Standing:
    """One of them; both shares in millionths, rounded down. `used` is None where nothing is allowed, but used."""

    budget_id: UUID
    used: int | None
    gone: int

    @property
    def order(self) -> tuple[bool, int]:
        return self.used is None, self.used or 0

    def reaches(self, percent: int) -> bool:
        return self.used is None or self.used >= percent * _WHOLE // 100


def pace_of_budgets(caller: Caller, *, near_percent: int) -> Pace:
    """How the budgets that a caller sees stand now; one query."""
    standings = _standings(caller)
    return Pace(
        running=len(standings),
        ahead=sum(one.used is None or one.used > one.gone for one in standings),
        near=sum(one.reaches(near_percent) for one in standings),
        used_up=sum(one.reaches(100) for one in standings),
        nearest=[one.budget_id for one in sorted(standings, key=lambda one: one.order, reverse=True)[:MOST_NEAR]],
    )


def pending_requests(caller: Caller) -> int:
    """How many requests for more wait for an answer, of those that a caller sees; `MOST_COUNTED` at most."""
    return requests_visible_to(caller).filter(state=RequestState.PENDING).order_by()[:MOST_COUNTED].count()


def _standings(caller: Caller) -> list[_Standing]:
    now = database_now()
    active = budgets_visible_to(caller).filter(status=BudgetStatus.ACTIVE)
    periods = BudgetPeriod.objects.filter(budget_id__in=active.values("id"), starts_at__lte=now, ends_at__gt=now)
    allowed = F("base") + F("carry_in") + F("adjustments")
    rows = periods.annotate(allowed=allowed, spent=spent_of_budget("id"))
    figures = rows.values_list("budget_id", "starts_at", "ends_at", "allowed", "spent")[:MOST_COUNTED]
    return [_standing(*row, now=now) for row in figures]


def _standing(
    budget_id: UUID, starts_at: datetime, ends_at: datetime, allowed: Decimal, spent: Decimal | None, *, now: datetime
) -> _Standing:
    gone = (now - starts_at) * _WHOLE // (ends_at - starts_at)
    if not spent or spent < 0:
        return _Standing(budget_id, 0, gone)
    if allowed <= 0:
        return _Standing(budget_id, None, gone)
    return _Standing(budget_id, int(EXACT.divide_int(EXACT.multiply(spent, Decimal(_WHOLE)), allowed)), gone)
