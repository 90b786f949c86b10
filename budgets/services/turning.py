"""Opening and closing periods as time goes on: by the minute, and lazily when a spend comes first (R59, R60)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog
from django.db import Error

from budgets.core.zones import is_known_zone
from budgets.locks import lock_budget, lock_idle_budget
from budgets.models import Budget
from budgets.selectors.due import budgets_to_carry_again, due_budgets
from budgets.selectors.periods import rule_of_carrying_since
from budgets.services.opening import AHEAD, plan_closings, plan_expiry, plan_openings
from budgets.services.timeline import CARRIED_AGAIN_FOR, Outdated, carry_out, read_timeline
from ledger.errors import ServiceError, Unavailable
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import Origin
from ledger.services.job_runs import WorkFailed

ATTEMPTS = 3
_SYSTEM = Origin(actor_type="SYSTEM")

logger = structlog.get_logger(__name__)


def turn(budget_ids: Iterable[UUID] | None = None, now: datetime | None = None) -> int:
    """Bring budgets up to the present by the database's clock; safe at any time, by many at once, and late.

    Opens the current period of each ACTIVE budget, and the next when it begins within a day; closes what is over and
    carries over by rule, and once more what came back within a hundred days; sets EXPIRED. One transaction for each
    budget, so one that fails is no harm to the others. Given ids, it may be called inside a transaction; the ledger's
    accounts of these budgets are then locked until its end, so nothing else of the ledger should be locked before.

    Args:
        budget_ids: only these, and wait for them; None = all that need it and that nobody is busy with.
        now: the present; None = by the database's clock, told when the budget is locked.

    Returns:
        How many budgets were changed.

    Raises:
        Busy: somebody else is at one of `budget_ids` for longer than `lock_timeout`.
        WorkFailed: without `budget_ids`: at least one could not be turned; the others were.
    """
    if budget_ids is not None:
        return sum(_turn_one(id, now, is_patient=True) for id in sorted(set(budget_ids)))
    return _turn_all(now or database_now())


def _turn_all(now: datetime) -> int:
    due = due_budgets(now, soon=now + AHEAD) | budgets_to_carry_again(now, within=CARRIED_AGAIN_FOR)
    turned, failed = 0, 0
    for id in sorted(due):
        try:
            turned += _turn_one(id, now, is_patient=False)
        except (ServiceError, Error):
            failed += 1
            logger.exception("budget_not_turned", budget_id=str(id))
    if failed:
        raise WorkFailed(f"{failed} budgets could not be turned", {"budgets": turned})
    return turned


def _turn_one(budget_id: UUID, now: datetime | None, *, is_patient: bool) -> bool:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with journal.use_case():
                budget = lock_budget(budget_id) if is_patient else lock_idle_budget(budget_id)
                return budget is not None and _turn_locked(budget, now or database_now())
        except Outdated:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _turn_locked(budget: Budget, now: datetime) -> bool:
    if not is_known_zone(budget.zone):
        raise Unavailable("The budget's time zone is not known any more.")
    line = read_timeline(budget, now)
    plan_openings(line, _SYSTEM)
    plan_closings(line, _SYSTEM, rule_of_carrying_since(budget.id))
    plan_expiry(line, _SYSTEM)
    if line.commands:
        carry_out([line])
    return bool(line.commands)
