"""`budget.change`: change a budget for good, or give its current period more, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.transaction import atomic, set_rollback

from budgets.core.enforcement import floor_of
from budgets.locks import lock_budgets, lock_kind
from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, Enforcement
from budgets.selectors.budgets import BudgetView, get_budget, view_budgets
from budgets.selectors.periods import revisions_of
from budgets.services.changing import Changed
from budgets.services.specs import UNCHANGED, BudgetChange, Unchanged
from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.errors import InvalidInput
from ledger.money import EXACT, ZERO, format_amount, parse_amount
from ledger.selectors.assets import get_asset
from ledger.services.movements import Claim
from wallets.selectors.budgets import get_visible_budget
from wallets.services.approvals.budget_data import change_data, change_from_data
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.budgets import adjust_budget, alter_budget, require_may_set

MODE, RAISE = "MODE", "RAISE"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWish:
    """Args: `more` for the current period, once; or a change for good. `expected_version`: the one the maker saw."""

    budget_id: UUID
    change: BudgetChange | None
    more: Decimal
    expected_version: int | None
    reason: str


class ChangeBudget(Operation[BudgetWish]):
    """Arguments: `budget_id` and either `change`, as `change_data` writes it, or `more`.

    Kinds: MODE when the enforcement changes or the budget is switched off; RAISE when it allows more, buffer and all.
    The amount is by how much.
    """

    name = "budget.change"
    title = "Change a budget"
    checkers = ("FINANCE", "MANAGER")
    kinds = frozenset({MODE, RAISE})

    def read(self, arguments: Arguments) -> BudgetWish:
        change, more = arguments.get("change"), arguments.get("more")
        if (change is None) == (more is None):
            raise InvalidInput("Say how a budget shall change, or how much more it shall be given.", pointer="/change")
        expected_version = arguments.get("expected_version")
        return BudgetWish(
            budget_id=id_argument(arguments, "budget_id"),
            change=None if change is None else change_from_data(change),
            more=ZERO if more is None else parse_amount(more),
            expected_version=None if expected_version is None else int(expected_version),
            reason=str(arguments.get("reason", "")),
        )

    def authorise(self, maker: Caller, asked: BudgetWish) -> None:
        require_may_set(maker, get_visible_budget(maker, asked.budget_id).user_id)

    def target(self, asked: BudgetWish) -> Target:
        budget = get_budget(asked.budget_id)
        after = _after(budget, asked.change)
        raised = asked.more or EXACT.subtract(_allowed(after), _allowed(budget))
        is_off = after.status == BudgetStatus.SUSPENDED and budget.status == BudgetStatus.ACTIVE
        has_mode = after.enforcement != budget.enforcement or is_off
        return Target(
            type="budget",
            id=budget.id,
            version=f"v{revisions_of(budget.id).latest('version').version}",
            subject_id=budget.user_id,
            amount=raised if raised > 0 else None,
            currency=budget.currency,
            kinds=frozenset({MODE} if has_mode else set()) | ({RAISE} if raised > 0 else set()),
        )

    def impact(self, maker: Caller, asked: BudgetWish) -> list[Change]:
        budget = get_visible_budget(maker, asked.budget_id)
        if (
            asked.change is not None
            and not isinstance(asked.change.name, Unchanged)
            and asked.change.name != budget.name
        ):
            raise InvalidInput("This needs approval: give the budget its new name on its own.", pointer="/name")
        (before,) = view_budgets([budget])
        with atomic():
            origin = Origin(actor_id=maker.id, actor_role=maker.role)
            changed = self._do(maker, budget, asked, origin, expected_version=asked.expected_version)
            (after,) = view_budgets([changed.budget])
            set_rollback(True)
        return _changes(before, after)

    def lock(self, asked: BudgetWish) -> None:
        budget = get_budget(asked.budget_id)
        lock_kind(budget.wallet_id or budget.team_id or budget.company_id)
        lock_budgets({budget.id} | ({budget.parent_id} if budget.parent_id else set()))

    def run(self, maker: Caller, asked: BudgetWish, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        changed = self._do(maker, get_visible_budget(maker, asked.budget_id), asked, origin, expected_version=None)
        return {"budget_id": str(changed.budget.id), "version": changed.budget.version}

    def _do(
        self, maker: Caller, budget: Budget, asked: BudgetWish, origin: Origin, *, expected_version: int | None
    ) -> Changed:
        said: dict[str, Any] = {"reason": asked.reason, "expected_version": expected_version, "origin": origin}
        if asked.change is None:
            return adjust_budget(caller=maker, budget=budget, delta=asked.more, **said)
        return alter_budget(caller=maker, budget=budget, change=asked.change, **said)


def arguments_for_change(budget: Budget, change: BudgetChange, expected_version: int | None) -> dict[str, Any]:
    """What to ask for with, for a change for good. A name that stays is not named: requests are kept for ever, and
    names may be those of people."""
    if change.name == budget.name:
        change = replace(change, name=UNCHANGED)
    return {"budget_id": str(budget.id), "change": change_data(change), "expected_version": expected_version}


_WATCHED = ("amount", "buffer_amount", "buffer_percent", "enforcement", "status")


def _after(budget: Budget, change: BudgetChange | None) -> Budget:
    """The budget as it would say it; not saved."""
    asked = {} if change is None else {name: getattr(change, name) for name in _WATCHED}
    values = {name: asked.get(name, UNCHANGED) for name in _WATCHED}
    return Budget(
        **{n: getattr(budget, n) if isinstance(v, Unchanged) else v for n, v in values.items()},
        currency=budget.currency,
    )


def _allowed(budget: Budget) -> Decimal:
    """What a period may be spent at most under BLOCK: the amount and its buffer."""
    scale = get_asset(budget.currency).scale
    floor = floor_of(Enforcement.BLOCK, budget.buffer_amount, budget.buffer_percent, budget.amount, scale)
    return EXACT.subtract(budget.amount, floor)


_SHOWN = {
    "amount": "Each period starts with",
    "status": "Status",
    "enforcement": "What does not fit",
    "buffer_amount": "Buffer",
    "buffer_percent": "Buffer in percent",
    "thresholds": "Told at percent",
    "rollover": "Carried over",
    "rollover_cap": "Carried over at most",
    "refunds_to": "Refunds go to",
    "categories": "Categories",
    "end_date": "First day after it",
    "children_mode": "Budgets below",
    "grace_days": "Days of grace",
}


def _changes(before: BudgetView, after: BudgetView) -> list[Change]:
    old, new, currency = before.budget, after.budget, after.budget.currency
    lines = [
        Change(label, _text(getattr(old, name), currency), _text(getattr(new, name), currency))
        for name, label in _SHOWN.items()
        if getattr(old, name) != getattr(new, name)
    ]
    if before.figures is None or after.figures is None:
        return lines
    figures = (
        ("This period allows", before.figures.allocated, after.figures.allocated),
        ("Left in this period", before.figures.remaining, after.figures.remaining),
    )
    return lines + [Change(label, _text(a, currency), _text(b, currency)) for label, a, b in figures if a != b]


def _text(value: Any, currency: str) -> str:
    match value:
        case Decimal():
            return f"{format_amount(value, get_asset(currency).cash_scale)} {currency}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case None:
            return "none"
        case _:
            return str(value)
