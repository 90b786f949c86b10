"""Which budgets a spend counts against, and in which period (R55–R60)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from budgets.core.periods import Calendar
from budgets.core.zones import is_known_zone
from budgets.models import Limit
from budgets.models.vocabulary import BudgetStatus, Enforcement, Scope
from budgets.selectors.covering.limits import limits_in
from budgets.selectors.covering.spends import Spend
from ledger.services.allowances import Envelope, EnvelopeKind, Unevaluable

# Every budget that may count one of the spends, with its newest periods that have begun; nothing but the clock and the
# limits if there is none. The limits come along in every row: a look-up of their own would cost each spend more than
# they do. The union lets each branch use its own index. A late spend may look back as far as the budget's grace: a
# period lasts a week or longer, save a first or a last one that the budget's own dates cut short.
_RULES = """
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    budget AS (
        SELECT * FROM budgets_budget WHERE wallet_id = ANY(%(wallets)s)
        UNION ALL
        SELECT * FROM budgets_budget WHERE team_id = ANY(%(teams)s)
        UNION ALL
        SELECT * FROM budgets_budget WHERE scope = 'COMPANY' AND company_id = ANY(%(companies)s)
    ),
    limits AS MATERIALIZED (
        SELECT jsonb_agg(to_jsonb(active)) AS found
        FROM budgets_limit AS active
        WHERE active.user_id = ANY(%(users)s) AND active.status = 'ACTIVE'
    )
    SELECT clock.now, limits.found,
           budget.id, budget.name, budget.scope, budget.company_id, budget.team_id, budget.wallet_id, budget.currency,
           budget.categories, budget.enforcement, budget.status, budget.start_date, budget.end_date,
           budget.zone, budget.grace_days, period.id, period.starts_at, period.ends_at, period.closed_at IS NOT NULL,
           period.carried_out <> 0
    FROM clock CROSS JOIN limits
    LEFT JOIN budget ON budget.status = 'ACTIVE' OR (
        %(any_late)s AND budget.status = 'EXPIRED' AND budget.end_date + budget.grace_days >= clock.now::date - 1
    )
    LEFT JOIN LATERAL (
        SELECT * FROM budgets_budgetperiod AS begun
        WHERE begun.budget_id = budget.id AND begun.starts_at <= clock.now
        ORDER BY begun.starts_at DESC
        LIMIT CASE WHEN %(any_late)s THEN budget.grace_days / 7 + 4 ELSE 2 END
    ) AS period ON true
    ORDER BY budget.id, period.starts_at DESC
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A stored period that has begun."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    is_closed: bool
    is_carried_out: bool

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True)
class Rule:
    """A budget as far as spends ask for it, with its newest periods, newest first."""

    id: UUID
    name: str
    scope: str
    company_id: UUID
    team_id: UUID | None
    wallet_id: UUID | None
    currency: str
    categories: frozenset[str]
    enforcement: str
    status: str
    start_date: date
    end_date: date | None
    zone: str
    grace_days: int
    periods: tuple[Period, ...]

    def is_to_turn(self, now: datetime) -> bool:
        """Whether `now` finds its periods as they were left: the present one missing, or one that is over not closed,
        so that what it carries over has not arrived."""
        if self.status != BudgetStatus.ACTIVE or not is_known_zone(self.zone):
            return False
        is_missing = self._is_running(now) and not any(now in period for period in self.periods)
        return is_missing or any(period.ends_at <= now and not period.is_closed for period in self.periods)

    def allowance(self, spend: Spend, now: datetime) -> Envelope | Unevaluable | None:
        """What the spend has to fit. None: it does not count here, or cannot be evaluated and is not to be blocked."""
        if not (self._covers(spend) and self._counts(spend)):
            return None
        if not is_known_zone(self.zone):
            return self._not_evaluable()
        calendar, moment = Calendar(self.zone), spend.moment(now)
        if not self._is_on(calendar.day_of(moment)):
            return None
        belated = self._belated(moment, now, calendar)
        if belated is None and not self._is_running(now):
            return None  # the budget is over, and nothing is booked on it any more
        if spend.currency != self.currency:
            return self._not_evaluable()  # there is no rate
        if belated is not None:
            return self._envelope(belated, is_current=False)
        current = next((period for period in self.periods if now in period), None)
        if current is None:
            return self._not_evaluable()
        return self._envelope(current, is_late=moment < current.starts_at)

    def _covers(self, spend: Spend) -> bool:
        """Whether the spend leaves the scope."""
        match self.scope:
            case Scope.WALLET:
                return spend.wallet_id == self.wallet_id
            case Scope.TEAM:
                return spend.team_id == self.team_id != spend.to_team_id
            case _:
                return spend.company_id == self.company_id and not spend.to_company

    def _counts(self, spend: Spend) -> bool:
        return not self.categories or spend.category.casefold() in self.categories

    def _is_on(self, day: date) -> bool:
        return self.start_date <= day and (self.end_date is None or day < self.end_date)

    def _is_running(self, now: datetime) -> bool:
        return self.status == BudgetStatus.ACTIVE and self._is_on(Calendar(self.zone).day_of(now))

    def _not_evaluable(self) -> Unevaluable | None:
        if self.enforcement != Enforcement.BLOCK:
            return None
        return Unevaluable(kind=EnvelopeKind.BUDGET, rule_id=self.id, name=self.name)

    def _belated(self, moment: datetime, now: datetime, calendar: Calendar) -> Period | None:
        """The past period that still takes what belongs to it: within its grace, and nothing carried out of it yet."""
        for period in self.periods:
            if moment in period and now not in period and not period.is_carried_out:
                last_day = calendar.day_of(period.ends_at) + timedelta(days=self.grace_days)
                return period if now < calendar.starts_at(last_day) else None
        return None

    def _envelope(self, period: Period, *, is_current: bool = True, is_late: bool = False) -> Envelope:
        return Envelope(
            kind=EnvelopeKind.BUDGET,
            rule_id=self.id,
            name=self.name,
            owner_id=period.id,
            asset=self.currency,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            zone=self.zone,
            is_current=is_current,
            is_late=is_late,
        )


def rules_for(spends: Sequence[Spend]) -> tuple[datetime, list[Rule], list[Limit]]:
    """What time it is, the budgets that may count one of the spends, by id, and such limits. One query."""
    sought: dict[str, Any] = {
        "wallets": list({spend.wallet_id for spend in spends}),
        "teams": list({spend.team_id for spend in spends if spend.team_id is not None}),
        "companies": list({spend.company_id for spend in spends if not spend.to_company}),
        "users": list({spend.user_id for spend in spends}),
        "any_late": any(spend.at is not None for spend in spends),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RULES, sought)
        rows = cursor.fetchall()
    now, limits = rows[0][:2]
    return now, list(_rules(row[2:] for row in rows if row[2] is not None)), limits_in(limits)


def _rules(rows: Iterator[tuple[Any, ...]]) -> Iterator[Rule]:
    for _, group in groupby(rows, key=lambda row: row[0]):
        of_one = list(group)
        id, name, scope, company_id, team_id, wallet_id, currency, categories, *others = of_one[0][:14]
        enforcement, status, start_date, end_date, zone, grace_days = others
        yield Rule(
            id=id,
            name=name,
            scope=scope,
            company_id=company_id,
            team_id=team_id,
            wallet_id=wallet_id,
            currency=currency,
            categories=frozenset(map(str.casefold, categories)),
            enforcement=enforcement,
            status=status,
            start_date=start_date,
            end_date=end_date,
            zone=zone,
            grace_days=grace_days,
            periods=tuple(Period(*row[14:]) for row in of_one if row[14] is not None),
        )
