"""Setting budgets (R71, R83)."""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from budgets.models import Budget
from budgets.services.checks import check_reason, check_spec
from budgets.services.envelope_mode import lock_parent, require_room
from budgets.services.history import Occasion, announce, revise, told
from budgets.services.opening import plan_openings
from budgets.services.overlapping import no_overlap
from budgets.services.specs import BudgetSpec
from budgets.services.timeline import Timeline, carry_out
from ledger.ids import new_id
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import Origin, ensure_allowance_accounts

_COPIED = [field.name for field in fields(BudgetSpec) if field.name not in {"calendar", "categories", "thresholds"}]


def create_budget(
    spec: BudgetSpec, *, origin: Origin, created_by: UUID | None, reason: str, id: UUID | None = None
) -> Budget:
    """Set a budget, open its current period and announce both (`BudgetCreated`, `BudgetPeriodOpened`).

    May be called inside a transaction. Nothing before the current period is opened.

    Args:
        created_by: a user; None = the service itself.
        reason: kept in its history for ever; not empty.
        id: one that follows from what it is made from, so that it is made once; None = a new one.

    Raises:
        InvalidInput: a field makes no sense; `errors` points at it.
        NotFound: there is no such parent.
        BudgetOverlap: an active budget of the same kind is in the way.
        ParentExceeded: the parent is an ENVELOPE that has not so much to give.
    """
    check_spec(spec)
    check_reason(reason)
    ensure_allowance_accounts(spec.company_id, [spec.currency])
    budget = _row(id or new_id(), spec, created_by)
    with no_overlap(budget), journal.use_case():
        parent = lock_parent(budget)
        now = database_now()
        budget.created_at = now
        budget.save(force_insert=True)
        if parent is not None:
            require_room(parent, now, budget.amount)
        line = Timeline(budget, now, [], {})
        line.commands.append(announce(budget, "BudgetCreated", _announcement(budget), origin=origin))
        occasion = Occasion(origin, created_by, reason)
        line.revisions.append(revise(budget, occasion, old_amount=None, new_amount=budget.amount, at=now))
        plan_openings(line, origin)
        carry_out([line])
    return budget


def _row(id: UUID, spec: BudgetSpec, created_by: UUID | None) -> Budget:
    copied = {name: getattr(spec, name) for name in _COPIED}
    calendar = spec.calendar
    return Budget(
        id=id,
        zone=calendar.zone,
        week_start=calendar.week_start,
        month_day=calendar.month_day,
        fiscal_month=calendar.fiscal_month,
        categories=sorted(spec.categories),
        thresholds=sorted(spec.thresholds),
        created_by=created_by,
        **copied,
    )


_ANNOUNCED = (
    *("parent_id", "children_mode", "amount", "period_type", "start_date", "end_date", "zone", "categories"),
    *("enforcement", "buffer_amount", "buffer_percent", "thresholds", "rollover", "rollover_cap", "refunds_to"),
    *("grace_days", "status", "created_by"),
)


def _announcement(budget: Budget) -> dict[str, object]:
    """Without its name, which may be a person's."""
    data = {name: told(getattr(budget, name)) for name in _ANNOUNCED}
    return {"total_amount": data.pop("amount"), **data}
