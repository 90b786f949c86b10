"""How the budgets that somebody sees stand: which are near their end or used faster than time goes, and how much each
team has used of what it is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Subquery, UUIDField
from django.db.models.functions import Coalesce

from budgets.models import BudgetPeriod
from budgets.models.vocabulary import BudgetStatus, Scope
from compliance.models import Caller, User
from ledger.money import EXACT, ZERO
from ledger.selectors.envelopes import reserved_of_budget, spent_of_budget
from ledger.selectors.totals import MOST_COUNTED
from wallets.selectors.budgets import budgets_for

MOST_NEAR = 10
_WHOLE = 1_000_000


@dataclass(slots=True)
class GroupUse:
    """What the budgets of a team and its people allow at present, all of one currency added up.

    Attributes:
        team_id: None = of people without a team, or of the company itself.
        even: what would be used by now if each was used evenly.
    """

    team_id: UUID | None
    is_company: bool
    currency: str
    budgets: int = 0
    allowed: Decimal = ZERO
    used: Decimal = ZERO
    reserved: Decimal = ZERO
    even: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the active budgets with a current period, `MOST_COUNTED` of them at most.

    Attributes:
        ahead: of which a larger share is used than is gone of the time.
        near: of which at least the asked share is used. used_up: all of it, or more.
        nearest: the ids of the periods of which the largest share is used, that one first; `MOST_NEAR` at most.
        groups: by team and currency; None when there are more budgets than were looked at.
    """

    running: int
    ahead: int
    near: int
    used_up: int
    nearest: list[UUID]
    groups: list[GroupUse] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """One of them; both shares in millionths, rounded down. `share` is None where nothing is allowed, but used."""

    period_id: UUID
    group: tuple[str, UUID | None, str]
    allowed: Decimal
    used: Decimal
    reserved: Decimal
    share: int | None
    gone: int

    @property
    def order(self) -> tuple[bool, int]:
        return self.share is None, self.share or 0

    def reaches(self, percent: int) -> bool:
        return self.share is None or self.share >= percent * _WHOLE // 100


def pace_of_budgets(caller: Caller, now: datetime, *, near_percent: int, team_id: UUID | None = None) -> Pace:
    """How the budgets that a caller sees stand now; one query.

    Args:
        team_id: only those of this team and its people.
    """
    standings = _standings(caller, now, team_id)
    nearest = sorted(standings, key=lambda one: one.order, reverse=True)[:MOST_NEAR]
    return Pace(
        running=len(standings),
        ahead=sum(one.share is None or one.share > one.gone for one in standings),
        near=sum(one.reaches(near_percent) for one in standings),
        used_up=sum(one.reaches(100) for one in standings),
        nearest=[one.period_id for one in nearest],
        groups=None if len(standings) >= MOST_COUNTED else _groups(standings),
    )


def _groups(standings: Iterable[_Standing]) -> list[GroupUse]:
    found: dict[tuple[str, UUID | None, str], GroupUse] = {}
    for one in standings:
        kind, team_id, currency = one.group
        group = found.setdefault(one.group, GroupUse(team_id, kind == Scope.COMPANY, currency))
        even = EXACT.divide(EXACT.multiply(one.allowed, Decimal(one.gone)), Decimal(_WHOLE))
        group.budgets += 1
        group.allowed, group.used = EXACT.add(group.allowed, one.allowed), EXACT.add(group.used, one.used)
        group.reserved, group.even = EXACT.add(group.reserved, one.reserved), EXACT.add(group.even, even)
    return list(found.values())


def _standings(caller: Caller, now: datetime, team_id: UUID | None) -> list[_Standing]:
    active = budgets_for(caller, team_id).filter(status=BudgetStatus.ACTIVE)
    periods = BudgetPeriod.objects.filter(budget_id__in=active.values("id"), starts_at__lte=now, ends_at__gt=now)
    team_of_owner = Subquery(User.objects.filter(id=OuterRef("budget__user_id")).values("team_id")[:1])
    rows = periods.annotate(
        team_id=Coalesce("budget__team_id", team_of_owner, output_field=UUIDField()),
        allowed=F("base") + F("carry_in") + F("adjustments"),
        spent=spent_of_budget("id"),
        reserved=reserved_of_budget("id"),
    )
    names = ("id", "budget__scope", "team_id", "budget__currency", "starts_at", "ends_at")
    figures = rows.values_list(*names, "allowed", "spent", "reserved")[:MOST_COUNTED]
    return [_standing(*row, now=now) for row in figures]


def _standing(
    period_id: UUID,
    scope: str,
    team_id: UUID | None,
    currency: str,
    starts_at: datetime,
    ends_at: datetime,
    allowed: Decimal,
    spent: Decimal | None,
    reserved: Decimal | None,
    *,
    now: datetime,
) -> _Standing:
    used = spent or ZERO
    return _Standing(
        period_id=period_id,
        group=(Scope.COMPANY if scope == Scope.COMPANY else "", team_id, currency),
        allowed=allowed,
        used=used,
        reserved=reserved or ZERO,
        share=_share(used, allowed),
        gone=(now - starts_at) * _WHOLE // (ends_at - starts_at),
    )


def _share(used: Decimal, allowed: Decimal) -> int | None:
    if used <= 0:
        return 0
    return None if allowed <= 0 else int(EXACT.divide_int(EXACT.multiply(used, Decimal(_WHOLE)), allowed))
