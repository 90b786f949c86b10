"""Planning on a timeline: what a budget and its periods allow from when on."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from budgets.models import BudgetPeriod
from budgets.models.vocabulary import Effective
from budgets.services.history import AmountChange, Step
from budgets.services.timeline import Timeline
from ledger.errors import InvalidInput
from ledger.money import EXACT


def plan_amount(line: Timeline, amount: Decimal, effective: Effective) -> AmountChange:
    """Change the amount of a budget.

    Raises:
        InvalidInput: THIS_PERIOD_ONLY, and there is no current period.
    """
    if effective == Effective.THIS_PERIOD_ONLY:
        current = require_current(line, "/effective")
        return plan_adjustment(line, EXACT.subtract(amount, own_amount(current)))
    planned = AmountChange(line.budget.amount, amount, effective)
    if line.budget.amount != amount:
        planned.steps["amount"] = Step(line.budget.amount, amount)
        line.budget.amount = amount
    is_now = effective == Effective.NOW
    _plan_bases(line, (p for p in line.unfinished if is_now or p.starts_at > line.now), planned)
    return planned


def plan_adjustment(line: Timeline, delta: Decimal, pointer: str | None = None) -> AmountChange:
    """Give the current period more or less, once.

    Args:
        pointer: what of the request named the budget; None when its address did.

    Raises:
        InvalidInput: there is no current period.
    """
    period = require_current(line, pointer)
    old = own_amount(period)
    planned = AmountChange(old, EXACT.add(old, delta), Effective.THIS_PERIOD_ONLY, period.key)
    if delta:
        before, period.adjustments = period.adjustments, EXACT.add(period.adjustments, delta)
        planned.steps["adjustments"] = Step(before, period.adjustments)
        planned.moves.append(line.move(period, delta))
        planned.periods.append(period)
    return planned


def own_amount(period: BudgetPeriod) -> Decimal:
    """What a period was given itself: without what was carried in."""
    return EXACT.add(period.base, period.adjustments)


def require_current(line: Timeline, pointer: str | None) -> BudgetPeriod:
    """The current period of a budget that needs one for what is asked."""
    if line.current is None:
        raise InvalidInput("This budget has no current period.", pointer=pointer)
    return line.current


def _plan_bases(line: Timeline, periods: Iterable[BudgetPeriod], planned: AmountChange) -> None:
    """A first period that got its share by days only starts with the whole amount from now on."""
    for period in periods:
        delta = EXACT.subtract(planned.new_amount, period.base)
        if not delta:
            continue
        if not planned.period_key:
            planned.period_key = period.key
            planned.steps["base"] = Step(period.base, planned.new_amount)
        period.base = planned.new_amount
        planned.moves.append(line.move(period, delta))
        planned.periods.append(period)
