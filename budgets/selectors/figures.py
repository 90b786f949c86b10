"""What periods allow, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.models import BudgetPeriod
from ledger.money import EXACT
from ledger.selectors.envelopes import envelope_figures
from ledger.selectors.instants import EVER, balances_at
from ledger.services.allowances import Envelope, EnvelopeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Of one period, in the budget's currency: allocated − carried_out = used + reserved + remaining.

    Attributes:
        allocated: base + carry_in + adjustments.
        used: captures and payments less refunds.
        remaining: may be negative.
    """

    allocated: Decimal
    base: Decimal
    carry_in: Decimal
    adjustments: Decimal
    carried_out: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal


def figures_of(periods: Iterable[BudgetPeriod], *, at: datetime | None = None) -> dict[UUID, PeriodFigures]:
    """The figures of periods by their id; one query if their budgets are loaded.

    Args:
        at: a past instant: what was used, reserved and left then. The five others are those of now. None = now.
    """
    by_id = {period.id: period for period in periods}
    buckets = _present_buckets(by_id) if at is None else _past_buckets(by_id, at)
    return {id: _figures(period, *buckets[id]) for id, period in by_id.items()}


def allocated_of(period: BudgetPeriod) -> Decimal:
    """What a period allows in all: base + carry_in + adjustments."""
    return EXACT.add(EXACT.add(period.base, period.carry_in), period.adjustments)


def _figures(period: BudgetPeriod, available: Decimal, reserved: Decimal, spent: Decimal) -> PeriodFigures:
    return PeriodFigures(
        allocated=allocated_of(period),
        base=period.base,
        carry_in=period.carry_in,
        adjustments=period.adjustments,
        carried_out=period.carried_out,
        used=spent,
        reserved=reserved,
        remaining=available,
    )


def _present_buckets(periods: Mapping[UUID, BudgetPeriod]) -> dict[UUID, tuple[Decimal, Decimal, Decimal]]:
    envelopes = [(id, period.budget.currency) for id, period in periods.items()]
    found = envelope_figures(EnvelopeKind.BUDGET, envelopes)
    return {id: (figures.available, figures.reserved, figures.spent) for (id, _), figures in found.items()}


def _past_buckets(periods: Mapping[UUID, BudgetPeriod], at: datetime) -> dict[UUID, tuple[Decimal, Decimal, Decimal]]:
    accounts = {id: _envelope(period).account_ids for id, period in periods.items()}
    held = balances_at([id for ids in accounts.values() for id in ids], at=at, known_at=EVER)
    return {id: (held[available], held[reserved], held[spent]) for id, (available, reserved, spent) in accounts.items()}


def _envelope(period: BudgetPeriod) -> Envelope:
    return Envelope(
        kind=EnvelopeKind.BUDGET,
        rule_id=period.budget_id,
        name=period.budget.name,
        owner_id=period.id,
        asset=period.budget.currency,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )
