"""Planning on a timeline: which periods are to be opened, closed and carried over.

Skipped periods are opened too, after an outage say, so that what is carried over does not depend on when somebody
looked: a week of which nothing was spent still hands its surplus on. Where nothing is carried over, only those are
opened that late events may still belong to. A budget that rested has no periods for the time of its rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid5

from budgets.core.carrying import to_carry
from budgets.core.periods import Window, prorated, window_at, windows_between
from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import BudgetStatus, Effective, Rollover
from budgets.services.history import AmountChange, Occasion, Step, announce, announce_change, period_fields, told
from budgets.services.timeline import CARRIED_AGAIN_FOR, Timeline, calendar_of
from ledger.money import EXACT, plain
from ledger.selectors.assets import get_asset
from ledger.services.allowances import EnvelopeKind, Move, Origin, open_envelope

AHEAD = timedelta(days=1)
"""A period is opened so long before it begins."""


@dataclass(frozen=True, slots=True)
class Span:
    """What of a window lies in a budget's own dates."""

    key: str
    starts_at: datetime
    ends_at: datetime


def span_of(budget: Budget, window: Window) -> Span:
    """A window cut to the budget's dates: a budget says nothing of the days before it begins and after it ends."""
    calendar = calendar_of(budget)
    starts_at = max(window.starts_at, calendar.starts_at(budget.start_date))
    ends_at = window.ends_at
    if budget.end_date is not None:
        ends_at = min(ends_at, calendar.starts_at(budget.end_date))
    return Span(window.key, starts_at, ends_at)


def plan_openings(line: Timeline, origin: Origin, *, since: datetime | None = None) -> None:
    """Open what is missing of an ACTIVE budget up to the present, and the next period when it begins within a day.

    Args:
        since: leave out periods that were over by then; None = go on where the last one ends.
    """
    if line.budget.status != BudgetStatus.ACTIVE:
        return
    known = {period.key for period in line.periods}
    for window in _missing_windows(line, since):
        span = span_of(line.budget, window)
        if span.key not in known and span.starts_at < span.ends_at:
            _plan_opening(line, window, span, origin)
    line.periods.sort(key=lambda period: period.starts_at)


def plan_closings(line: Timeline, origin: Origin, rule_since: datetime | None) -> None:
    """Close what is over, carrying over by rule, and carry over again what came back to closed periods.

    Args:
        rule_since: when the rule of carrying over was changed last; periods closed before stay as they are.
    """
    for period in line.periods:
        if period.ends_at > line.now:
            break
        if period.closed_at is None:
            _plan_closing(line, period, origin)
        elif _may_carry_again(line, period, rule_since):
            _plan_carrying_again(line, period, origin)


def plan_expiry(line: Timeline, origin: Origin) -> None:
    """Set EXPIRED when the end date has come (R60)."""
    budget = line.budget
    if budget.end_date is None or budget.status == BudgetStatus.EXPIRED:
        return
    if line.now < line.calendar.starts_at(budget.end_date):
        return
    before, budget.status = budget.status, BudgetStatus.EXPIRED
    command, revision = announce_change(
        budget,
        {"status": Step(str(before), str(budget.status))},
        AmountChange(budget.amount, budget.amount),
        Occasion(origin, None, "Its end date has come."),
        at=line.now,
    )
    line.commands.append(command)
    line.revisions.append(revision)


def _missing_windows(line: Timeline, since: datetime | None) -> Iterator[Window]:
    """Windows that the budget should have a period for and that begin after its last one, in order."""
    budget, calendar = line.budget, line.calendar
    starts = [calendar.starts_at(budget.start_date)]
    starts.append(line.periods[-1].ends_at if line.periods else budget.created_at)
    if since is not None:
        starts.append(since)
    if budget.rollover == Rollover.NONE:
        starts.append(line.now - timedelta(days=budget.grace_days))
    until = line.now + AHEAD
    custom = None
    if budget.end_date is not None:
        until = min(until, calendar.starts_at(budget.end_date))
        custom = (budget.start_date, budget.end_date)
    return windows_between(budget.period_type, calendar, max(starts), until, custom)


def _plan_opening(line: Timeline, window: Window, span: Span, origin: Origin) -> None:
    budget = line.budget
    period = BudgetPeriod(
        id=uuid5(budget.id, window.key),
        budget=budget,
        key=window.key,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        base=base_of(budget, window),
        carry_in=Decimal(0),
        adjustments=Decimal(0),
        carried_out=Decimal(0),
        opened_at=line.now,
    )
    line.periods.append(period)
    line.opened.append(period)
    line.commands.append(
        open_envelope(
            kind=EnvelopeKind.BUDGET,
            owner_id=period.id,
            asset=budget.currency,
            floor=line.floor_of(period),
            origin=origin,
        )
    )
    moves = [line.move(period, period.base)] if period.base else []
    line.commands.append(announce(budget, "BudgetPeriodOpened", period_fields(period), origin=origin, moves=moves))


def base_of(budget: Budget, window: Window) -> Decimal:
    """What a period starts with: the budget's amount, or its share by days of the first period if so wished, in the
    decimals that people see."""
    if not budget.prorate_first or budget.start_date <= window.first_day:
        return budget.amount
    return prorated(budget.amount, get_asset(budget.currency).cash_scale, window, budget.start_date)


def _plan_closing(line: Timeline, period: BudgetPeriod, origin: Origin) -> None:
    amount = _amount_to_carry(line, period)
    left = line.left[period.id]
    data = {
        **period_fields(period),
        "remaining_amount": plain(left),
        "carried_amount": plain(EXACT.add(period.carried_out, amount)),
    }
    moves = _carry(line, period, amount)
    period.closed_at = line.now
    line.touched[period.id] = period
    line.commands.append(announce(line.budget, "BudgetPeriodClosed", data, origin=origin, moves=moves))


def _plan_carrying_again(line: Timeline, period: BudgetPeriod, origin: Origin) -> None:
    amount = _amount_to_carry(line, period)
    following = line.after(period)
    if not amount or following is None:
        return
    before = following.carry_in
    moves = _carry(line, period, amount)
    data = {
        "period_key": following.key,
        "total_amount": plain(line.budget.amount),
        "effective": str(Effective.THIS_PERIOD_ONLY),
        "before": {"carry_in": told(before)},
        "after": {"carry_in": told(following.carry_in)},
    }
    line.commands.append(announce(line.budget, "BudgetChanged", data, origin=origin, moves=moves))


def _may_carry_again(line: Timeline, period: BudgetPeriod, rule_since: datetime | None) -> bool:
    assert period.closed_at is not None, "asked of closed periods"
    is_recent = period.ends_at > line.now - CARRIED_AGAIN_FOR
    return is_recent and (rule_since is None or period.closed_at > rule_since)


def _amount_to_carry(line: Timeline, period: BudgetPeriod) -> Decimal:
    if line.after(period) is None:
        return Decimal(0)
    return to_carry(
        line.budget.rollover,
        line.budget.rollover_cap,
        available=line.left[period.id],
        carried=period.carried_out,
    )


def _carry(line: Timeline, period: BudgetPeriod, amount: Decimal) -> list[Move]:
    following = line.after(period)
    if not amount or following is None:
        return []
    if period not in line.opened:
        line.relied_on.add(period.id)
    period.carried_out = EXACT.add(period.carried_out, amount)
    following.carry_in = EXACT.add(following.carry_in, amount)
    return [line.move(period, -amount), line.move(following, amount)]


def plan_new_end(line: Timeline) -> None:
    """Cut periods that are not over to the budget's dates anew, after `end_date` was changed."""
    budget = line.budget
    custom = None if budget.end_date is None else (budget.start_date, budget.end_date)
    for period in line.unfinished:
        ends_at = span_of(budget, window_at(budget.period_type, line.calendar, period.starts_at, custom)).ends_at
        # One that was opened ahead may now begin with the end, or after it: the budget ends before it counts.
        if ends_at > period.starts_at:
            period.ends_at = ends_at
            line.touched[period.id] = period
