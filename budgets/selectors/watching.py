"""Periods as they were when something was taken from them: what whoever tells of thresholds has to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from budgets.models import BudgetPeriod, ThresholdAlert
from ledger.money import EXACT
from ledger.selectors.envelope_events import AllowanceChange, RefusedSpend, budget_changes_since

ALLOWING = frozenset({"enforcement", "buffer_amount", "buffer_percent"})
"""The fields of a rule whose change is a new revision of every period that is not over."""


@dataclass(frozen=True, slots=True)
class WatchedPeriod:
    """A period with what was told of it.

    Attributes:
        fired: the thresholds that were told, by revision; whoever tells another adds it.
        revised_at: when its revisions after the first one that is asked about began.
    """

    period: BudgetPeriod
    fired: dict[int, set[int]]
    revised_at: tuple[datetime, ...]

    def revision_at(self, at: datetime) -> int:
        """Which revision it was in."""
        return self.period.revision - sum(1 for revised_at in self.revised_at if revised_at > at)


def allocated_at(period: BudgetPeriod, at: datetime, total: Decimal) -> Decimal:
    """What a period allowed at an instant: all that its envelope had been given by then, with what it had handed on
    when it was closed."""
    is_closed = period.closed_at is not None and at >= period.closed_at
    return EXACT.add(total, period.carried_out) if is_closed else total


def periods_by_id(ids: Iterable[UUID]) -> dict[UUID, BudgetPeriod]:
    """Those of the periods that exist, with their budgets. One query."""
    return {period.id: period for period in BudgetPeriod.objects.filter(id__in=set(ids)).select_related("budget")}


def watch(periods: Mapping[UUID, BudgetPeriod], since: datetime) -> dict[UUID, WatchedPeriod]:
    """Periods with what was told of them and when they were revised. Two queries.

    Args:
        periods: of locked budgets, read under the lock.
        since: the earliest instant that will be asked about.
    """
    fired: dict[UUID, dict[int, set[int]]] = {}
    for id, revision, threshold in ThresholdAlert.objects.filter(period_id__in=list(periods)).values_list(
        "period_id", "revision", "threshold"
    ):
        fired.setdefault(id, {}).setdefault(revision, set()).add(threshold)
    changes = budget_changes_since({period.budget_id for period in periods.values()}, since)
    return {
        id: WatchedPeriod(period, fired.get(id, {}), tuple(c.recorded_at for c in changes if is_revised_by(period, c)))
        for id, period in periods.items()
    }


def is_revised_by(period: BudgetPeriod, change: AllowanceChange) -> bool:
    """Whether a change of a budget was a new revision of one of its periods: it was given more or less, or how strictly
    it binds has changed. What came from the period before is no revision."""
    if change.budget_id != period.budget_id:
        return False
    after = change.data["after"].keys()
    if ALLOWING & after:
        return period.opened_at <= change.recorded_at < period.ends_at
    is_received = "moved_from" in after and change.data["period_key"] == period.key
    return is_received or (period.id in change.owner_ids and "carry_in" not in after)


def periods_that_refused(refusals: Collection[RefusedSpend]) -> dict[RefusedSpend, BudgetPeriod]:
    """The period that each refusal speaks of: the one that ends when the refusal says, or that was running then; none
    for what is no budget of this service. One query."""
    if not refusals:
        return {}
    times = [refusal.recorded_at for refusal in refusals]
    around = Q(starts_at__lte=max(times), ends_at__gt=min(times))
    named = Q(ends_at__in=[refusal.ends_at for refusal in refusals if refusal.ends_at is not None])
    budget_ids = {refusal.rule_id for refusal in refusals}
    found = list(BudgetPeriod.objects.filter(around | named, budget_id__in=budget_ids).select_related("budget"))
    asked = {refusal: _asked(refusal, found) for refusal in refusals}
    return {refusal: period for refusal, period in asked.items() if period is not None}


def _asked(refusal: RefusedSpend, periods: Iterable[BudgetPeriod]) -> BudgetPeriod | None:
    of_budget = [period for period in periods if period.budget_id == refusal.rule_id]
    named = [period for period in of_budget if period.ends_at == refusal.ends_at]
    running = [period for period in of_budget if period.starts_at <= refusal.recorded_at < period.ends_at]
    return next(iter(named or running), None)
