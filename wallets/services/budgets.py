"""Setting, changing and moving budgets for somebody: who may, and the audit record of it (R71, R72, R83).

What a budget is and does, `budgets.services` knows; whose wallets and teams there are, this floor knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.core.periods import Calendar
from budgets.models import Budget, BudgetRevision
from budgets.models.vocabulary import PeriodType, Scope
from budgets.selectors.periods import revisions_of
from budgets.services.changing import Changed, adjust_period, change_budget
from budgets.services.creating import create_budget
from budgets.services.moving import transfer_budget
from budgets.services.specs import BudgetChange, BudgetSpec
from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import Caller, Company
from compliance.selectors.scope import teams_visible_to
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput, NotFound
from ledger.money import plain
from ledger.services import journal
from wallets.models import Wallet
from wallets.selectors.budgets import budgets_visible_to
from wallets.selectors.wallets import get_wallet
from wallets.services.wallets import ledger_origin

KEEPERS_OF_ALL = roles_over_all("budgets.set")
"""Who sets budgets of the whole company; managers set those of their team's wallets."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a budget is to be of: a wallet, a team, or (neither) the company."""

    company: Company
    wallet: Wallet | None = None
    team_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        if self.wallet is not None:
            return Scope.WALLET
        return Scope.COMPANY if self.team_id is None else Scope.TEAM

    @property
    def currency(self) -> str:
        """What its budgets are in unless it is said."""
        return self.company.currency if self.wallet is None else self.wallet.currency


def get_subject(caller: Caller, *, wallet_id: UUID | None, team_id: UUID | None) -> Subject:
    """What a caller wants to set a budget of.

    Raises:
        InvalidInput: both a wallet and a team.
        NotFound: no such wallet or team, or none that the caller may see.
        Forbidden: the caller sees it, but may not set budgets of it.
    """
    if wallet_id is not None and team_id is not None:
        raise InvalidInput("A budget is of a wallet or of a team, not of both.", pointer="/team_id")
    wallet = None if wallet_id is None else get_wallet(caller, wallet_id)
    if team_id is not None and not teams_visible_to(caller).filter(id=team_id).exists():
        raise NotFound
    require_may_set(caller, None if wallet is None else wallet.user_id)
    return Subject(caller.company, wallet, team_id)


def require_may_set(caller: Caller, user_id: UUID | None) -> None:
    """Who may set what is visible to him: finance and services anything, managers what is of their people; nobody what
    is of his own wallet.

    Args:
        user_id: whose wallet it is about; None = a team's or the company's.

    Raises:
        Forbidden: not this caller.
    """
    is_keeper = caller.role in KEEPERS_OF_ALL or (caller.role == "MANAGER" and user_id is not None)
    if not is_keeper or user_id == caller.id:
        raise Forbidden


def calendar_of_company(company: Company) -> Calendar:
    """When days, weeks, months and years begin for a company."""
    return Calendar(company.timezone, company.week_start, company.month_day, company.fiscal_month)


_PERIODS = {
    PeriodType.WEEKLY: "Weekly",
    PeriodType.MONTHLY: "Monthly",
    PeriodType.QUARTERLY: "Quarterly",
    PeriodType.YEARLY: "Yearly",
    PeriodType.CUSTOM: "One-time",
}
_SCOPES = {Scope.WALLET: "", Scope.TEAM: " team", Scope.COMPANY: " company"}


def default_name(scope: Scope, period_type: PeriodType, categories: tuple[str, ...]) -> str:
    """What people call a budget that nobody has named: "Weekly budget", "Monthly travel budget"."""
    category = f" {categories[0]}" if len(categories) == 1 else ""
    return f"{_PERIODS[period_type]}{_SCOPES[scope]}{category} budget"


def set_budget(*, caller: Caller, spec: BudgetSpec, reason: str, origin: Origin) -> Budget:
    """Set a budget of a `Subject` that the caller may set one of.

    Args:
        spec: as the caller wants it; its parent is looked up here.
        reason: kept in its history for ever.

    Raises:
        InvalidInput: a field makes no sense, or there is no such parent.
        BudgetOverlap, ParentExceeded: as `create_budget`.
    """
    if spec.parent_id is not None and not budgets_visible_to(caller).filter(id=spec.parent_id).exists():
        raise InvalidInput("There is no such budget.", pointer="/parent_id")
    with journal.use_case():
        budget = create_budget(spec, origin=ledger_origin(origin), created_by=caller.id, reason=reason)
        after = {"amount": plain(budget.amount), "currency": budget.currency, "scope": budget.scope}
        after |= {"period_type": budget.period_type, "enforcement": budget.enforcement}
        record_change(origin=origin, entity=budget, event_type="budget.created", after=after, reason=reason)
    return budget


def alter_budget(
    *, caller: Caller, budget: Budget, change: BudgetChange, reason: str, expected_version: int | None, origin: Origin
) -> Changed:
    """Change a budget that the caller sees.

    Raises:
        Forbidden: it is not this caller's to change.
        InvalidInput, PreconditionFailed, BudgetEnded, BudgetOverlap, ParentExceeded: as `change_budget`.
    """
    require_may_set(caller, budget.user_id)
    with journal.use_case():
        changed = change_budget(
            budget.id,
            change,
            origin=ledger_origin(origin),
            changed_by=caller.id,
            reason=reason,
            expected_version=expected_version,
        )
        if changed.has_changed:
            _record(changed.budget, "budget.changed", origin)
    return changed


def adjust_budget(
    *,
    caller: Caller,
    budget: Budget,
    delta: Decimal,
    reason: str,
    expected_version: int | None,
    origin: Origin,
) -> Changed:
    """Give the current period of a budget that the caller sees more or less, once.

    Raises: as `alter_budget`.
    """
    require_may_set(caller, budget.user_id)
    with journal.use_case():
        changed = adjust_period(
            budget.id,
            delta,
            origin=ledger_origin(origin),
            changed_by=caller.id,
            reason=reason,
            expected_version=expected_version,
        )
        _record(changed.budget, "budget.adjusted", origin)
    return changed


def move_budget(
    *, caller: Caller, giver: Budget, receiver: Budget, amount: Decimal, reason: str, origin: Origin
) -> tuple[Budget, Budget]:
    """Move what is left of one budget that the caller sees to another, in their current periods.

    Raises:
        Forbidden: one of them is not this caller's to change.
        InvalidInput, BudgetTooSmall: as `transfer_budget`.
    """
    for budget in (giver, receiver):
        require_may_set(caller, budget.user_id)
    with journal.use_case():
        moved = transfer_budget(
            giver.id, receiver.id, amount, origin=ledger_origin(origin), changed_by=caller.id, reason=reason
        )
        for budget in moved:
            _record(budget, "budget.moved", origin)
    return moved


def _record(budget: Budget, event_type: str, origin: Origin) -> None:
    """The audit record of what the newest row of a locked budget's history tells. Names may be those of people, and an
    audit record is kept for ever: it says only that there is another."""
    revision = revisions_of(budget.id).latest("version")
    before, after = _amounts(revision)
    for name, step in revision.changes.items():
        before[name] = "" if name == "name" else step["before"]
        after[name] = "changed" if name == "name" else step["after"]
    record_change(
        origin=origin,
        entity=budget,
        event_type=event_type,
        before=before,
        after=after,
        reason=revision.change_reason,
    )


def _amounts(revision: BudgetRevision) -> tuple[dict[str, Any], dict[str, Any]]:
    if revision.old_amount is None or revision.old_amount == revision.new_amount:
        return {}, {}
    return {"amount": plain(revision.old_amount)}, {"amount": plain(revision.new_amount)}
