"""Telling of budgets that are being used up (R75): `BudgetThresholdReached` and `BudgetExceeded`.

This follows the messages of the ledger, so it comes after the commit of what it tells of: a refusal is told of
although it was one, and no spend waits for what is told of it. What is told is as it was right after the spend,
however much later this looks.

What counts is what was spent and what is held: neither is there to be spent any more. A threshold is told once per
period and revision, so a refund that takes the use below it and a spend that reaches it again tell nothing new; a
change of what the period allows is a new revision. Each event that takes something from a period or gives something
to it is looked at. A refusal is told of each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from budgets.core.enforcement import floor_of
from budgets.core.thresholds import newly_reached
from budgets.locks import lock_budgets
from budgets.models import Budget, BudgetPeriod, ThresholdAlert
from budgets.models.vocabulary import Enforcement
from budgets.selectors.watching import WatchedPeriod, allocated_at, periods_by_id, periods_that_refused, watch
from budgets.services.history import announce, told
from ledger.money import EXACT, plain
from ledger.selectors.assets import get_asset
from ledger.selectors.envelope_events import (
    RefusedSpend,
    Touch,
    budgets_exceeded_by,
    envelopes_touched,
    totals_given,
)
from ledger.services import journal
from ledger.services.accounts import digest
from ledger.services.allowances import SYSTEM, Allot, Claim
from ledger.services.claims import already_used
from ledger.services.following import OutboxMessage, Progress, follow

FOLLOWER = "budget-alerts"

Found = TypeVar("Found", Touch, RefusedSpend)


def follow_alerts() -> Progress:
    """Tell of what the next messages of the ledger did to budgets, in the transaction that remembers how far that was.

    So each is told of once, in order, whoever commits late, whatever dies in between, and however many do this at once.
    The number of queries does not depend on how many messages there are, nor on how much there is to tell.

    Raises:
        Busy: somebody else is at one of the budgets for longer than `lock_timeout`; nothing was told, try again.
    """
    return follow(FOLLOWER, _tell_of)


def _tell_of(messages: Sequence[OutboxMessage]) -> None:
    event_ids = list(dict.fromkeys(message.event_id for message in messages))
    failed = dict.fromkeys(message.event_id for message in messages if message.type == "TransactionFailed")
    touches = _worth_a_look(envelopes_touched(event_ids))
    refusals = periods_that_refused(budgets_exceeded_by(failed))
    if not touches and not refusals:
        return
    with journal.use_case():
        _tell(event_ids, touches, refusals)


def _worth_a_look(touches: Sequence[Touch]) -> dict[Touch, UUID]:
    """Those that may call for a message, with their budgets. Most do not, and then nobody's row is locked."""
    periods = periods_by_id(touch.owner_id for touch in touches)
    known = [touch for touch in touches if touch.owner_id in periods]
    return {touch: periods[touch.owner_id].budget_id for touch in known if _may_tell(touch, periods[touch.owner_id])}


def _may_tell(touch: Touch, period: BudgetPeriod) -> bool:
    allocated = allocated_at(period, touch.recorded_at, touch.total)
    return _is_overrun(period.budget, touch, allocated) or bool(_reached(period.budget, touch, allocated, ()))


def _reached(budget: Budget, touch: Touch, allocated: Decimal, fired: Iterable[int]) -> list[int]:
    return newly_reached(budget.thresholds, allocated=allocated, used=touch.taken, fired=set(fired))


def _is_overrun(budget: Budget, touch: Touch, allocated: Decimal) -> bool:
    """Whether more is used than is allowed, of a budget that lets that pass."""
    return budget.enforcement != Enforcement.BLOCK and touch.taken > max(allocated, Decimal(0))


@dataclass
class _Desk:
    """Locked budgets, and what shall be told of them.

    Attributes:
        overruns: those that were told; each is claimed for ever.
    """

    budgets: dict[UUID, Budget]
    overruns: set[Claim]
    commands: list[Allot] = field(default_factory=list)
    alerts: list[ThresholdAlert] = field(default_factory=list)

    def announce(self, period: BudgetPeriod, message: str, data: Mapping[str, Any], claim: Claim | None = None) -> None:
        budget = self.budgets[period.budget_id]
        command = announce(budget, message, {"period_key": period.key, **data}, origin=SYSTEM)
        self.commands.append(command if claim is None else replace(command, claim=claim))

    def save(self) -> None:
        concerned = {command.subject_id for command in self.commands}
        ThresholdAlert.objects.bulk_create(self.alerts)
        Budget.objects.bulk_update([self.budgets[id] for id in sorted(concerned)], ["version"])
        outcomes = journal.record(self.commands)
        assert all(outcome.result and not outcome.result.refusal for outcome in outcomes), "they only tell"


def _tell(
    event_ids: Iterable[UUID], touches: Mapping[Touch, UUID], refusals: Mapping[RefusedSpend, BudgetPeriod]
) -> None:
    budgets = lock_budgets({*touches.values(), *(refusal.rule_id for refusal in refusals)})
    watched: dict[UUID, WatchedPeriod] = {}
    if touches:
        since = min(touch.recorded_at for touch in touches)
        watched = watch(periods_by_id(touch.owner_id for touch in touches), since)
    claims = [_overrun_claim(watched[touch.owner_id], touch) for touch in touches]
    desk = _Desk(budgets, already_used(claims))
    totals = _totals_of(refusals)
    touches_of, refusals_of = _by_event(touches), _by_event(refusals)
    for event_id in event_ids:
        for touch in touches_of.get(event_id, ()):
            _tell_of_touch(desk, touch, watched[touch.owner_id])
        for refusal in refusals_of.get(event_id, ()):
            _tell_of_refusal(desk, refusal, refusals[refusal], totals[refusal])
    if desk.commands:
        desk.save()


def _by_event(found: Iterable[Found]) -> dict[UUID, list[Found]]:
    grouped: dict[UUID, list[Found]] = {}
    for one in found:
        grouped.setdefault(one.event_id, []).append(one)
    return grouped


def _tell_of_touch(desk: _Desk, touch: Touch, watched: WatchedPeriod) -> None:
    period, revision = watched.period, watched.revision_at(touch.recorded_at)
    allocated = allocated_at(period, touch.recorded_at, touch.total)
    fired = watched.fired.setdefault(revision, set())
    for threshold in _reached(period.budget, touch, allocated, fired):
        fired.add(threshold)
        desk.alerts.append(
            ThresholdAlert(period=period, threshold=threshold, revision=revision, reached_at=touch.recorded_at)
        )
        figures = {
            "threshold_percentage": threshold,
            "used_amount": plain(touch.taken),
            "total_amount": plain(allocated),
        }
        desk.announce(period, "BudgetThresholdReached", {**_spend(touch, period), **figures, "revision": revision})
    claim = _overrun_claim(watched, touch)
    if _is_overrun(period.budget, touch, allocated) and claim not in desk.overruns:
        desk.overruns.add(claim)
        exceeded = {
            "exceeded_amount": plain(EXACT.subtract(touch.taken, allocated)),
            "threshold_percentage": _percentage(touch.taken, allocated),
        }
        data = {**_spend(touch, period), **exceeded, "was_refused": False, "revision": revision}
        desk.announce(period, "BudgetExceeded", data, claim)


def _tell_of_refusal(desk: _Desk, refusal: RefusedSpend, period: BudgetPeriod, total: Decimal) -> None:
    allocated = allocated_at(period, refusal.recorded_at, total)
    taken = EXACT.subtract(total, EXACT.add(refusal.available, _floor_when_blocking(period)))
    data = {
        **_spend(refusal, period),
        "exceeded_amount": plain(refusal.shortfall),
        "threshold_percentage": _percentage(EXACT.add(taken, refusal.required), allocated),
        "was_refused": True,
        "revision": period.revision,
    }
    desk.announce(period, "BudgetExceeded", data)


def _spend(found: Touch | RefusedSpend, period: BudgetPeriod) -> dict[str, Any]:
    """What was spent or refused, and by which wallet: of a team's or the company's budget it is one of theirs."""
    return {"txn_id": told(found.document_id), "wallet_id": told(found.payer_id or period.budget.wallet_id)}


def _floor_when_blocking(period: BudgetPeriod) -> Decimal:
    budget = period.budget
    scale = get_asset(budget.currency).scale
    return floor_of(Enforcement.BLOCK, budget.buffer_amount, budget.buffer_percent, period.base, scale)


def _totals_of(refusals: Mapping[RefusedSpend, BudgetPeriod]) -> dict[RefusedSpend, Decimal]:
    if not refusals:
        return {}
    asked = [(period.id, period.budget.currency, refusal.recorded_at) for refusal, period in refusals.items()]
    return dict(zip(refusals, totals_given(asked), strict=True))


def _percentage(taken: Decimal, allocated: Decimal) -> int | None:
    """Rounded down; None where nothing is allowed."""
    return int(EXACT.divide_int(EXACT.multiply(taken, Decimal(100)), allocated)) if allocated > 0 else None


def _overrun_claim(watched: WatchedPeriod, touch: Touch) -> Claim:
    key = f"{watched.period.id}:{watched.revision_at(touch.recorded_at)}"
    return Claim(scope="budget-overrun", key=key, request_hash=digest(key))
