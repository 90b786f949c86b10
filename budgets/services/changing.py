"""Changing budgets (R62, R72)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from budgets.errors import BudgetEnded
from budgets.locks import lock_budgets, lock_kind
from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import BudgetStatus, ChildrenMode, Enforcement
from budgets.selectors.budgets import get_budget
from budgets.selectors.figures import figures_of
from budgets.services.amounts import plan_adjustment, plan_amount
from budgets.services.checks import check_against, check_change, check_reason, check_scale
from budgets.services.envelope_mode import require_room
from budgets.services.history import AmountChange, Occasion, Step, announce_change
from budgets.services.opening import plan_new_end, plan_openings
from budgets.services.overlapping import no_overlap
from budgets.services.specs import BudgetChange, Unchanged
from budgets.services.timeline import Timeline, carry_out, read_timeline
from ledger.errors import InvalidInput, PreconditionFailed
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import EnvelopeKind, Origin, set_floor

_FIELDS = [field.name for field in fields(BudgetChange) if field.name not in {"amount", "effective"}]
_ALLOWING = {"enforcement", "buffer_amount", "buffer_percent"}
"""What a budget's revision counts the changes of, besides amounts."""

AmountPlan = Callable[[Timeline], AmountChange]


@dataclass(frozen=True, slots=True)
class Changed:
    """A budget after a change.

    Attributes:
        blocked_now: whether less is left in the current period than has to stay there, so that it refuses every spend.
        has_changed: whether anything was otherwise before.
    """

    budget: Budget
    blocked_now: bool
    has_changed: bool


def change_budget(
    budget_id: UUID,
    change: BudgetChange,
    *,
    origin: Origin,
    changed_by: UUID | None,
    reason: str,
    expected_version: int | None = None,
) -> Changed:
    """Change a budget, as one row of its history and one message `BudgetChanged`. Lowering below use is allowed.

    May be called inside a transaction. Nothing happens when everything is as asked for already.

    Args:
        changed_by: a user; None = the service itself.
        reason: kept in its history for ever; not empty.
        expected_version: the version that the caller has seen; None = any.

    Raises:
        InvalidInput: a field makes no sense; `errors` points at it.
        NotFound: there is no such budget.
        PreconditionFailed: it has changed since the caller saw it.
        BudgetEnded: it is EXPIRED.
        BudgetOverlap: another one is in the way now.
        ParentExceeded: the ENVELOPE above it has not so much to give, or it itself is one that gives more.
    """
    check_change(change)
    return _change(budget_id, change, _amount_plan(change), Occasion(origin, changed_by, reason), expected_version)


def adjust_period(
    budget_id: UUID,
    amount_delta: Decimal,
    *,
    origin: Origin,
    changed_by: UUID | None,
    reason: str,
    expected_version: int | None = None,
) -> Changed:
    """Give the current period more, or less, once (`adjustments`). Raises as `change_budget` does."""

    def plan(line: Timeline) -> AmountChange:
        check_scale(amount_delta, line.budget.currency)
        adjusted = plan_adjustment(line, amount_delta)
        if adjusted.new_amount < 0:
            raise InvalidInput("A period cannot be given less than nothing.", pointer="/amount", code="money.invalid")
        return adjusted

    return _change(budget_id, BudgetChange(), plan, Occasion(origin, changed_by, reason), expected_version)


def _amount_plan(change: BudgetChange) -> AmountPlan:
    amount = change.amount
    if isinstance(amount, Unchanged):
        return lambda line: AmountChange(line.budget.amount, line.budget.amount)
    return lambda line: plan_amount(line, amount, change.effective)


def _change(
    budget_id: UUID, change: BudgetChange, plan_amounts: AmountPlan, occasion: Occasion, expected_version: int | None
) -> Changed:
    check_reason(occasion.reason)
    budget = get_budget(budget_id)
    with no_overlap(budget), journal.use_case():
        parent = _lock(budget)
        _require_changeable(budget, expected_version)
        line = read_timeline(budget, database_now())
        asked = _asked(budget, change)
        check_against(budget, change, today=line.calendar.day_of(line.now))
        before = _Before.of(budget)
        plan_openings(line, occasion.origin)
        has_changed = _plan(line, asked, plan_amounts, occasion)
        carry_out([line])
        _require_rooms(budget, parent, before, line)
    return Changed(budget, _is_blocked(line), has_changed)


def _lock(budget: Budget) -> Budget | None:
    """Lock a budget and its parent, and read the budget anew.

    Returns:
        The parent, if there is one.
    """
    lock_kind(budget.wallet_id or budget.team_id or budget.company_id)
    locked = lock_budgets({budget.id} | ({budget.parent_id} if budget.parent_id else set()))
    budget.refresh_from_db()
    return locked.get(budget.parent_id) if budget.parent_id else None


def _require_changeable(budget: Budget, expected_version: int | None) -> None:
    if expected_version is not None and not _is_unchanged_since(budget, expected_version):
        raise PreconditionFailed("The budget has changed since you read it. Read it again.")
    if budget.status == BudgetStatus.EXPIRED:
        raise BudgetEnded


def _is_unchanged_since(budget: Budget, version: int) -> bool:
    """Whether nobody has changed it since it had a version. What was told of it meanwhile, that a threshold was reached
    or a period began, is no change."""
    if version == budget.version:
        return True
    return version < budget.version and not budget.revisions.filter(version__gt=version).exists()


def _asked(budget: Budget, change: BudgetChange) -> dict[str, object]:
    """The fields that shall be otherwise than they are; not the amount."""
    asked = {}
    for name in _FIELDS:
        value = getattr(change, name)
        if isinstance(value, tuple):
            value = sorted(value)
        if not isinstance(value, Unchanged) and value != getattr(budget, name):
            asked[name] = value
    return asked


def _plan(line: Timeline, asked: dict[str, object], plan_amounts: AmountPlan, occasion: Occasion) -> bool:
    budget = line.budget
    floors = {period.id: line.floor_of(period) for period in line.unfinished}
    steps = {name: Step(getattr(budget, name), value) for name, value in asked.items()}
    for name, value in asked.items():
        setattr(budget, name, value)
    amounts = plan_amounts(line)
    steps |= amounts.steps
    if not steps:
        return False
    if "end_date" in asked:
        plan_new_end(line)
    _count_revisions(line, asked, amounts)
    _plan_floors(line, floors, occasion.origin)
    command, revision = announce_change(budget, steps, amounts, occasion, at=line.now)
    line.commands.append(command)
    line.revisions.append(revision)
    if "status" in asked:
        plan_openings(line, occasion.origin, since=line.now)
    return True


def _count_revisions(line: Timeline, asked: dict[str, object], amounts: AmountChange) -> None:
    other: list[BudgetPeriod] = line.unfinished if _ALLOWING & asked.keys() else amounts.periods
    if other or "amount" in amounts.steps or _ALLOWING & asked.keys():
        line.budget.revision += 1
    for period in other:
        period.revision += 1
        line.touched[period.id] = period


def _plan_floors(line: Timeline, floors: dict[UUID, Decimal], origin: Origin) -> None:
    line.commands.extend(
        set_floor(
            kind=EnvelopeKind.BUDGET,
            owner_id=period.id,
            asset=line.budget.currency,
            floor=line.floor_of(period),
            reason="Its budget was changed.",
            origin=origin,
        )
        for period in line.unfinished
        if line.floor_of(period) != floors[period.id]
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What the room in an ENVELOPE depends on."""

    amount: Decimal
    is_envelope: bool
    end_date: date | None

    @classmethod
    def of(cls, budget: Budget) -> _Before:
        is_envelope = budget.children_mode == ChildrenMode.ENVELOPE
        return cls(budget.amount, is_envelope, budget.end_date)


def _require_rooms(budget: Budget, parent: Budget | None, before: _Before, line: Timeline) -> None:
    """Whoever takes more, or gives less, has to leave the sums right."""
    after = _Before.of(budget)
    if parent is not None and (after.amount > before.amount or after.end_date != before.end_date):
        require_room(parent, line.now, budget.amount)
    if after.amount < before.amount or after.is_envelope > before.is_envelope:
        require_room(budget, line.now)


def _is_blocked(line: Timeline) -> bool:
    """Read anew: others may have spent until the accounts were locked."""
    period = line.current
    if period is None or line.budget.enforcement != Enforcement.BLOCK or line.budget.status != BudgetStatus.ACTIVE:
        return False
    return figures_of([period])[period.id].remaining < line.floor_of(period)
