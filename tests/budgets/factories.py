"""Budgets for tests, and spends that they have to let through. Everything goes the way the service goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.core.periods import Calendar
from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import PeriodType, Scope
from budgets.selectors.figures import PeriodFigures, figures_of
from budgets.services.changing import Changed, change_budget
from budgets.services.covering import Spend, covering
from budgets.services.creating import create_budget
from budgets.services.specs import BudgetChange, BudgetSpec
from ledger.core.state import Hold
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services import holds, journal
from ledger.services.allowances import Origin
from ledger.services.movements import Claim, Details, Side
from tests.ledger.books import Books, code_of, stored_hold

ORIGIN = Origin(actor_type="MANAGER", actor_id=UUID(int=8), correlation_id="request-8")
BERLIN = Calendar("Europe/Berlin")


@dataclass(frozen=True)
class Owner:
    """Somebody with a wallet full of money, in a company and a team of his own."""

    books: Books = field(default_factory=Books)
    user_id: UUID = field(default_factory=new_id)
    team_id: UUID = field(default_factory=new_id)
    wallet: Side = field(init=False)

    def __post_init__(self) -> None:
        self.books.open()
        object.__setattr__(self, "wallet", self.books.wallet("100000"))

    def spec(self, amount: str = "600", **changes: Any) -> BudgetSpec:
        """A monthly budget of his wallet that has begun long ago."""
        spec = BudgetSpec(
            company_id=self.books.company_id,
            scope=Scope.WALLET,
            wallet_id=self.wallet.wallet_id,
            user_id=self.user_id,
            name="Monthly budget",
            currency=self.books.currency,
            amount=Decimal(amount),
            start_date=date(2020, 1, 1),
            calendar=BERLIN,
        )
        return replace(spec, **changes)

    def budget(self, amount: str = "600", **changes: Any) -> Budget:
        return create(self.spec(amount, **changes))

    def company_spec(self, amount: str, **changes: Any) -> BudgetSpec:
        return self.spec(amount, scope=Scope.COMPANY, wallet_id=None, user_id=None, **changes)

    def team_spec(self, amount: str, **changes: Any) -> BudgetSpec:
        return self.spec(amount, scope=Scope.TEAM, team_id=self.team_id, wallet_id=None, user_id=None, **changes)

    def spend(self, amount: str, *, at: datetime | None = None, category: str = "") -> str | None:
        """Pay out of the wallet; the refusal's code, or None."""
        return code_of(journal.post([self.payment(amount, at=at, category=category)])[0])

    def hold(self, amount: str) -> Hold:
        """Set money aside, as far as his budgets let him."""
        details = Details(
            claim=Claim(scope="tests", key=str(new_id()), request_hash=b""),
            origin=ORIGIN,
            company_id=self.books.company_id,
            amount=Decimal(amount),
            currency=self.books.currency,
            allowances=self.payment(amount).allowances,
        )
        command = holds.reserve(self.wallet, None, details, holds.Deadline(expires_in=timedelta(hours=1)))
        assert code_of(journal.post([command])[0]) is None
        return stored_hold(command.hold_id)

    def payment(self, amount: str, *, at: datetime | None = None, category: str = "") -> Any:
        spend = Spend(
            wallet_id=self.wallet.wallet_id,
            user_id=self.user_id,
            team_id=self.team_id,
            company_id=self.books.company_id,
            currency=self.books.currency,
            category=category,
            at=at,
        )
        (allowances,) = covering([spend])
        return self.books.payment(self.wallet, amount, allowances=allowances)


def create(spec: BudgetSpec, reason: str = "Agreed with the team.") -> Budget:
    return create_budget(spec, origin=ORIGIN, created_by=ORIGIN.actor_id, reason=reason)


def change(budget: Budget, reason: str = "It has to be.", **changes: Any) -> Changed:
    expected = changes.pop("expected_version", None)
    wish = BudgetChange(**changes)
    return change_budget(
        budget.id, wish, origin=ORIGIN, changed_by=ORIGIN.actor_id, reason=reason, expected_version=expected
    )


def periods(budget: Budget) -> list[BudgetPeriod]:
    """All of them, in their order, as they are stored."""
    return list(BudgetPeriod.objects.filter(budget=budget).select_related("budget").order_by("starts_at"))


def current(budget: Budget) -> BudgetPeriod:
    now = database_now()
    return BudgetPeriod.objects.select_related("budget").get(budget=budget, starts_at__lte=now, ends_at__gt=now)


def figures(period: BudgetPeriod) -> PeriodFigures:
    period = BudgetPeriod.objects.select_related("budget").get(id=period.id)
    return figures_of([period])[period.id]


def left(budget: Budget) -> Decimal:
    """What is left of the current period."""
    return figures(current(budget)).remaining


def weeks_later(weeks: int) -> datetime:
    return database_now() + timedelta(weeks=weeks)


WEEKLY = PeriodType.WEEKLY


def messages(budget: Budget) -> list[str]:
    """The types of what was told of a budget, in their order."""
    told = OutboxMessage.objects.filter(aggregate_id=budget.id).order_by("sequence")
    return list(told.values_list("type", flat=True))


def data_of(budget: Budget, sequence: int) -> dict[str, Any]:
    """What one of its messages says."""
    message = OutboxMessage.objects.get(aggregate_id=budget.id, sequence=sequence)
    fields: dict[str, Any] = message.data
    return fields


def at(budget: Budget, moment: datetime) -> BudgetPeriod:
    """The period that a moment lies in."""
    return BudgetPeriod.objects.get(budget=budget, starts_at__lte=moment, ends_at__gt=moment)
