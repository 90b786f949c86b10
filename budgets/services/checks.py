"""Whether a wish makes sense, before anything is locked. What is wrong is told with a pointer to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from budgets.core.zones import is_known_zone
from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus, PeriodType, Rollover, Scope
from budgets.services.specs import BudgetChange, BudgetSpec, Unchanged
from ledger.errors import InvalidInput, MoneyScaleExceeded
from ledger.money import require_scale
from ledger.selectors.assets import get_asset

MOST = Decimal(10) ** 15
"""What budgets and limits say is less, so that their sums over periods and a company stay within what figures hold."""
LONGEST_NAME = 100
MOST_CATEGORIES = 20
LONGEST_CATEGORY = 64
HIGHEST_THRESHOLD = 1_000
MOST_THRESHOLDS = 20
LONGEST_GRACE_DAYS = 366
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
"""Dates beyond these are typing errors, and would run out of the calendar."""


def check_spec(spec: BudgetSpec) -> None:
    """Refuse a budget that makes no sense.

    Raises:
        InvalidInput, MoneyScaleExceeded, CurrencyUnsupported.
    """
    _check_subject(spec)
    _check_zone(spec.calendar.zone)
    check_name(spec.name)
    check_categories(spec.categories)
    check_thresholds(spec.thresholds)
    check_amount(spec.amount, spec.currency, "/amount")
    check_grace_days(spec.grace_days)
    check_buffer(spec.buffer_amount, spec.buffer_percent, spec.currency)
    check_rollover(spec.rollover, spec.rollover_cap, spec.period_type, spec.currency)
    check_dates(spec.start_date, spec.end_date, spec.period_type)


def check_change(change: BudgetChange) -> None:
    """Refuse what makes no sense for any budget; the rest is checked when the budget is known."""
    if not isinstance(change.name, Unchanged):
        check_name(change.name)
    if not isinstance(change.categories, Unchanged):
        check_categories(change.categories)
    if not isinstance(change.thresholds, Unchanged):
        check_thresholds(change.thresholds)
    if not isinstance(change.grace_days, Unchanged):
        check_grace_days(change.grace_days)


def check_against(budget: Budget, change: BudgetChange, *, today: date) -> None:
    """Refuse a change that makes no sense for a budget as it is.

    Args:
        today: in the budget's zone.
    """
    if not isinstance(change.amount, Unchanged):
        check_amount(change.amount, budget.currency, "/amount")
    if change.status == BudgetStatus.EXPIRED:
        raise InvalidInput("A budget expires by its end date: set that.", pointer="/status")
    amount, percent = _new(budget, change, "buffer_amount"), _new(budget, change, "buffer_percent")
    check_buffer(amount, percent, budget.currency)
    rule, cap = _new(budget, change, "rollover"), _new(budget, change, "rollover_cap")
    check_rollover(rule, cap, budget.period_type, budget.currency)
    if not isinstance(change.end_date, Unchanged) and change.end_date != budget.end_date:
        check_dates(budget.start_date, change.end_date, budget.period_type)
        if change.end_date is not None and change.end_date <= today:
            raise InvalidInput("What has been stays: the first day after it is tomorrow or later.", pointer="/end_date")


def check_scale(amount: Decimal, currency: str) -> None:
    """Refuse a signed amount that is finer than its currency."""
    require_scale(amount, get_asset(currency).scale, currency)


def _new(budget: Budget, change: BudgetChange, name: str) -> Any:
    value = getattr(change, name)
    return getattr(budget, name) if isinstance(value, Unchanged) else value


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("Say why: the history of a budget keeps the reason.", pointer="/reason")


def check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} characters and no space at either end.", pointer="/name")


def check_categories(categories: Iterable[str]) -> None:
    named = list(categories)
    if len(named) > MOST_CATEGORIES or len(set(named)) < len(named):
        raise InvalidInput(f"At most {MOST_CATEGORIES} categories, each once.", pointer="/categories")
    for index, category in enumerate(named):
        if not category.strip() or category != category.strip() or len(category) > LONGEST_CATEGORY:
            raise InvalidInput(
                f"A category has 1 to {LONGEST_CATEGORY} characters and no space at either end.",
                pointer=f"/categories/{index}",
            )


def check_thresholds(thresholds: Iterable[int]) -> None:
    named = list(thresholds)
    if len(named) > MOST_THRESHOLDS or len(set(named)) < len(named):
        raise InvalidInput(f"At most {MOST_THRESHOLDS} thresholds, each once.", pointer="/thresholds")
    for index, threshold in enumerate(named):
        if not 1 <= threshold <= HIGHEST_THRESHOLD:
            raise InvalidInput(
                f"A threshold is a whole number of percent from 1 to {HIGHEST_THRESHOLD}.",
                pointer=f"/thresholds/{index}",
            )


def check_amount(amount: Decimal, currency: str, pointer: str, *, zero_allowed: bool = False) -> None:
    """Refuse an amount that is negative, zero where that is no amount, too large, or finer than its currency."""
    if not (amount >= 0 if zero_allowed else amount > 0):
        raise InvalidInput("An amount must be greater than zero.", pointer=pointer, code="money.invalid")
    try:
        require_scale(amount, get_asset(currency).scale, currency)
    except MoneyScaleExceeded as error:
        raise MoneyScaleExceeded(error.detail, pointer=pointer) from None
    if amount >= MOST:
        raise InvalidInput(f"This must be less than {MOST:,f}.", pointer=pointer, code="money.invalid")


def check_grace_days(days: int) -> None:
    if not 0 <= days <= LONGEST_GRACE_DAYS:
        raise InvalidInput(f"From 0 to {LONGEST_GRACE_DAYS} days.", pointer="/grace_days")


def check_buffer(amount: Decimal, percent: int, currency: str) -> None:
    check_amount(amount, currency, "/buffer_amount", zero_allowed=True)
    if not 0 <= percent <= 100:
        raise InvalidInput("From 0 to 100 percent.", pointer="/buffer_percent")
    if amount and percent:
        raise InvalidInput("A buffer is an amount or a percentage, not both.", pointer="/buffer_percent")


def check_rollover(rule: str, cap: Decimal | None, period_type: str, currency: str) -> None:
    if rule != Rollover.NONE and period_type == PeriodType.CUSTOM:
        raise InvalidInput("A CUSTOM budget has one period: there is no next one to carry to.", pointer="/rollover")
    if cap is not None:
        if rule == Rollover.NONE:
            raise InvalidInput("Where nothing is carried over, there is nothing to cap.", pointer="/rollover_cap")
        check_amount(cap, currency, "/rollover_cap", zero_allowed=True)


def check_dates(start: date, end: date | None, period_type: str) -> None:
    for day, pointer in ((start, "/start_date"), (end, "/end_date")):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput(f"A date from {FIRST_DAY} to {LAST_DAY}.", pointer=pointer)
    if end is None and period_type == PeriodType.CUSTOM:
        raise InvalidInput("A CUSTOM budget needs both its dates.", pointer="/end_date")
    if end is not None and end <= start:
        raise InvalidInput("The end is the first day after it: later than the start.", pointer="/end_date")


def _check_zone(zone: str) -> None:
    if not is_known_zone(zone):
        raise InvalidInput("There is no such time zone.", pointer="/zone")


_SUBJECTS = {
    Scope.COMPANY: (),
    Scope.TEAM: ("team_id",),
    Scope.WALLET: ("wallet_id", "user_id"),
}


def _check_subject(spec: BudgetSpec) -> None:
    needed = _SUBJECTS[Scope(spec.scope)]
    for name in ("team_id", "wallet_id", "user_id"):
        if (getattr(spec, name) is not None) != (name in needed):
            what = "needs" if name in needed else "has no"
            raise InvalidInput(f"A budget of scope {spec.scope} {what} {name}.", pointer=f"/{name}")
