"""Back-tests: what would have become of the spends of past periods if a budget had allowed something else.

Read-only and repeatable: it runs through what the ledger has stored, and changes nothing. What it takes as it was: what
periods were given, lost or carried in besides what they start with. Changes of the amount, of the enforcement and of
the buffer in the meantime are left out: the periods are looked at as if the budget had been so all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.core.backtest import Allotted, Asked, PeriodOutcome, Returned, Start, Step, replay
from budgets.core.enforcement import floor_of
from budgets.core.periods import window_at
from budgets.core.zones import is_known_zone
from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import Enforcement, Scope
from budgets.services.checks import check_amount, check_buffer
from budgets.services.opening import base_of
from budgets.services.timeline import calendar_of
from ledger.errors import InvalidInput
from ledger.ids import floor_around, floor_id
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import DatabaseClock
from ledger.selectors.envelope_history import EnvelopeStep, StepKind, envelope_steps
from ledger.selectors.rule_decisions import documents_under_rules, first_events
from ledger.selectors.snapshot import REPORT_PATIENCE_MILLISECONDS, one_instant
from ledger.services.allowances import EnvelopeKind

MOST_PERIODS = 12
MOST_STEPS = 20_000
"""So many changes of the periods, and so many refusals, are run through at most."""

_Placed = tuple[datetime, UUID, Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a budget is supposed to have been like; None = as it is.

    Attributes:
        amount: what each period starts with, in the budget's currency; of a first period its share by days, if the
            budget says so.
        buffer_amount, buffer_percent: naming one takes the other away.
    """

    amount: Decimal
    enforcement: Enforcement | None = None
    buffer_amount: Decimal | None = None
    buffer_percent: int | None = None


@dataclass(frozen=True, slots=True)
class BackTest:
    """What would have been.

    Attributes:
        supposed: the budget as it is supposed to have been; never saved.
        periods: with their outcomes, oldest first.
    """

    supposed: Budget
    periods: list[tuple[BudgetPeriod, PeriodOutcome]]


def back_test(budget: Budget, trial: Trial, *, periods: int) -> BackTest:
    """Run the spends of a budget's newest periods through another rule, in the order in which they were recorded.

    Args:
        periods: how many of those that have begun, the current one included; 1 to `MOST_PERIODS`.

    Raises:
        InvalidInput: the trial makes no sense, or the periods hold more than `MOST_STEPS`.
        OperationalError: it cannot be read in a moment.
    """
    supposed = _supposed(budget, trial)
    with one_instant(patience_milliseconds=REPORT_PATIENCE_MILLISECONDS):
        begun = budget.periods.filter(starts_at__lte=DatabaseClock()).order_by("-starts_at")
        chosen = list(reversed(begun[:periods]))
        starts = {period.id: _start(supposed, period) for period in chosen}
        placed = [*_kept_steps(budget, chosen), *_refused_spends(budget, chosen)] if chosen else []
    placed.sort(key=lambda one: one[:2])
    outcomes = replay(starts, (step for *_, step in placed))
    return BackTest(supposed, [(period, outcomes[period.id]) for period in chosen])


def _supposed(budget: Budget, trial: Trial) -> Budget:
    supposed = copy(budget)
    supposed.amount = trial.amount
    if trial.enforcement is not None:
        supposed.enforcement = trial.enforcement
    if trial.buffer_amount is not None or trial.buffer_percent is not None:
        supposed.buffer_amount = trial.buffer_amount or Decimal(0)
        supposed.buffer_percent = trial.buffer_percent or 0
    check_amount(supposed.amount, budget.currency, "/total_amount")
    check_buffer(supposed.buffer_amount, supposed.buffer_percent, budget.currency)
    return supposed


def _start(supposed: Budget, period: BudgetPeriod) -> Start:
    base = supposed.amount
    if supposed.prorate_first and is_known_zone(supposed.zone):
        custom = None if supposed.end_date is None else (supposed.start_date, supposed.end_date)
        base = base_of(supposed, window_at(supposed.period_type, calendar_of(supposed), period.starts_at, custom))
    scale = get_asset(supposed.currency).cash_scale
    floor = floor_of(supposed.enforcement, supposed.buffer_amount, supposed.buffer_percent, base, scale)
    return Start(base, floor)


def _kept_steps(budget: Budget, periods: Sequence[BudgetPeriod]) -> Iterator[_Placed]:
    """What was really taken from the periods, came back to them, or was given besides what they start with."""
    envelopes = [(period.id, budget.currency) for period in periods]
    steps = envelope_steps(EnvelopeKind.BUDGET, envelopes, limit=MOST_STEPS + 1)
    _require_few(steps)
    for step in steps:
        kept = _kept_step(step)
        if kept is not None:
            yield step.recorded_at, step.event_id, kept


def _kept_step(step: EnvelopeStep) -> Step | None:
    if step.kind is StepKind.ALLOTTED:
        return None if _is_of_base(step) else Allotted(period_id=step.owner_id, amount=step.amount)
    assert step.document_id is not None, "what is no allotment belongs to a document"
    if step.kind is StepKind.RETURNED:
        return Returned(period_id=step.owner_id, document_id=step.document_id, amount=step.amount)
    return Asked(period_id=step.owner_id, document_id=step.document_id, at=step.recorded_at, amount=step.amount)


def _is_of_base(step: EnvelopeStep) -> bool:
    """Whether it gives a period what it starts with, which is what the trial supposes otherwise."""
    return step.message == "BudgetPeriodOpened" or "base" in step.changed


def _refused_spends(budget: Budget, periods: Sequence[BudgetPeriod]) -> Iterator[_Placed]:
    """What the budget has refused in these periods."""
    since = periods[0].starts_at
    documents = documents_under_rules(budget_id=budget.id, is_refused=True).filter(
        company_id=budget.company_id, created_at__gte=since, id__gte=floor_around(floor_id(since))
    )
    if budget.scope == Scope.WALLET:
        documents = documents.filter(source_wallet_id=budget.wallet_id)
    ids = list(documents.values_list("id", flat=True)[: MOST_STEPS + 1])
    _require_few(ids)
    for event in first_events(ids).values():
        asked = _refused_spend(budget, periods, event.stream_id, event.recorded_at, event.data["gates"])
        if asked is not None:
            yield event.recorded_at, event.id, asked


def _refused_spend(
    budget: Budget,
    periods: Iterable[BudgetPeriod],
    document_id: UUID,
    at: datetime,
    gates: Sequence[dict[str, Any]],
) -> Asked | None:
    """None: this budget let it pass, or could not be asked, or it was of an earlier period."""
    failed = [gate for gate in gates if gate["code"]]
    own = next((gate for gate in failed if _is_gate_of(gate, budget)), None)
    if own is None:
        return None
    period = _period_of(periods, own, at)
    if period is None:
        return None
    return Asked(
        period_id=period.id,
        document_id=document_id,
        at=at,
        amount=Decimal(own["required"]),
        was_refused=True,
        is_refused_anyway=len(failed) > 1,
    )


def _is_gate_of(gate: dict[str, Any], budget: Budget) -> bool:
    return (gate["gate"], gate["id"], gate["code"]) == ("budget", str(budget.id), "budget.exceeded")


def _period_of(periods: Iterable[BudgetPeriod], gate: dict[str, Any], at: datetime) -> BudgetPeriod | None:
    """The period that a gate has asked: the one that ends when it said there would be more. One whose end was moved
    later is known by the time of the question."""
    resets_at = datetime.fromisoformat(gate["resets_at"])
    named = next((period for period in periods if period.ends_at == resets_at), None)
    return named or next((period for period in periods if period.starts_at <= at < period.ends_at), None)


def _require_few(found: Sequence[object]) -> None:
    if len(found) > MOST_STEPS:
        raise InvalidInput(
            f"There is more than {MOST_STEPS} to run through: ask for fewer periods.", pointer="/periods"
        )
