"""A company, a team, people and wallets as ids, the spends they make, and rows of rules that may cover them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.core.periods import Calendar
from budgets.models import Budget, BudgetPeriod, Limit
from budgets.selectors.covering import Spend
from budgets.services.limits import LimitSpec, set_limit
from compliance.models import User
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from ledger.services.allowances import Origin

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Somebody:
    """A person with a wallet. `colleague()` is in the same team, `stranger()` in another of the company."""

    company_id: UUID = field(default_factory=new_id)
    team_id: UUID = field(default_factory=new_id)
    user_id: UUID = field(default_factory=new_id)
    wallet_id: UUID = field(default_factory=new_id)

    def colleague(self) -> Somebody:
        return Somebody(self.company_id, self.team_id)

    def stranger(self) -> Somebody:
        return Somebody(self.company_id)

    def spends(self, **more: Any) -> Spend:
        """A payment in EUR out of the company, now, without a category; or what `more` says."""
        who = {"wallet_id": self.wallet_id, "user_id": self.user_id, "team_id": self.team_id}
        return Spend(**{"company_id": self.company_id, **who, "currency": "EUR", **more})

    def sends(self, to: Somebody, **more: Any) -> Spend:
        """A transfer to another wallet of the company."""
        there = {"to_team_id": to.team_id, "to_company": True}
        return self.spends(**{"type": "TRANSFER", **there, **more})

    def budget(self, scope: str = "WALLET", **more: Any) -> Budget:
        """An ACTIVE budget in EUR and UTC that blocks, for ever; without a period."""
        scoped: dict[str, dict[str, UUID]] = {
            "WALLET": {"wallet_id": self.wallet_id, "user_id": self.user_id},
            "TEAM": {"team_id": self.team_id},
            "COMPANY": {},
        }
        plain = {"name": "Monthly budget", "currency": "EUR", "amount": 600, "zone": "UTC"}
        fields = {"start_date": date(2020, 1, 1), **plain, **scoped[scope], **more}
        return Budget.objects.create(company_id=self.company_id, scope=scope, **fields)

    def limit(self, **more: Any) -> Limit:
        """An ACTIVE limit of 100.00 EUR a day over all his wallets and all types."""
        plain = {"window": "DAILY", "currency": "EUR", "max_amount": 100, "zone": "UTC"}
        return Limit.objects.create(company_id=self.company_id, user_id=self.user_id, **{**plain, **more})


def give_period(budget: Budget, starts_at: datetime, ends_at: datetime, **more: Any) -> BudgetPeriod:
    """A row, as `turn` leaves it; by default open."""
    key = f"{starts_at:%Y-%m-%d %H:%M}"
    fields = {"id": new_id(), "key": key, "base": budget.amount, "opened_at": starts_at, **more}
    return BudgetPeriod.objects.create(budget=budget, starts_at=starts_at, ends_at=ends_at, **fields)


def give_present(budget: Budget, **more: Any) -> BudgetPeriod:
    """The period of 30 days of which 10 are over."""
    now = database_now()
    return give_period(budget, now - 10 * A_DAY, now + 20 * A_DAY, **more)


def give_past(budget: Budget, *, ended: timedelta = 10 * A_DAY, **more: Any) -> BudgetPeriod:
    """The period of 30 days that ended so long ago, closed."""
    ends_at = database_now() - ended
    return give_period(budget, ends_at - 30 * A_DAY, ends_at, **{"closed_at": ends_at, **more})


def give_limit(user: User, amount: str = "100", *, created_by: UUID | None = None, **more: Any) -> Limit:
    """Set a limit of so many EUR a day in Berlin on all that a user spends, the way the service does."""
    usual = {"window": "DAILY", "currency": "EUR", "max_amount": Decimal(amount), "calendar": Calendar("Europe/Berlin")}
    spec = LimitSpec(**{"company_id": user.company_id, "user_id": user.id, **usual, **more})
    return set_limit(spec, origin=Origin(actor_type="SYSTEM"), created_by=created_by, reason="Be careful.")
