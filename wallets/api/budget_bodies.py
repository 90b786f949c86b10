"""What setting and changing a budget takes, and what it means."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from budgets.models import Budget
from budgets.models.vocabulary import (
    BudgetStatus,
    ChildrenMode,
    Effective,
    Enforcement,
    PeriodType,
    RefundsTo,
    Rollover,
)
from budgets.services.checks import MOST
from budgets.services.specs import BudgetChange, BudgetSpec
from ledger.api.fields import CurrencyField, FlagField, IdField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.serializers import StrictSerializer, require_scale_of
from ledger.api.times import DateField
from ledger.errors import InvalidInput
from ledger.money import ZERO
from ledger.selectors.clock import database_now
from wallets.api.budget_views import CHILDREN_MODES, ENFORCEMENTS, PERIOD_TYPES, REFUNDS_TO, ROLLOVERS
from wallets.services.budgets import Subject, calendar_of_company, default_name

REASON = "Why; kept for ever in the history of the budget."
ONE_DAY = timedelta(days=1)


def thresholds_field(**kwargs: Any) -> serializers.ListField:
    percent = WholeNumberField(min_value=1, max_value=1_000)
    return serializers.ListField(child=percent, max_length=20, help_text="Percent, each once.", **kwargs)


def categories_field(**kwargs: Any) -> serializers.ListField:
    category = TextField(max_length=64)
    help_text = "Spends of which categories count; empty = all."
    return serializers.ListField(child=category, max_length=20, help_text=help_text, **kwargs)


def percent_field(**kwargs: Any) -> WholeNumberField:
    return WholeNumberField(min_value=0, max_value=100, **kwargs)


class SetBudget(StrictSerializer):
    """Of a wallet, of a team, or with neither of the whole company."""

    amounts = dict.fromkeys(("total_amount", "buffer_amount", "rollover_cap"), "currency")

    wallet_id = IdField(required=False)
    team_id = IdField(required=False)
    total_amount = MoneyField(help_text="What each period starts with.")
    currency = CurrencyField(required=False, help_text="The wallet's or the company's if it is not said.")
    period_type = WordField(PERIOD_TYPES, default=PeriodType.MONTHLY.value)
    start_date = DateField(required=False, help_text="First day, in the company's zone; today if it is not said.")
    end_date = DateField(required=False, help_text="Last day. CUSTOM needs it.")
    name = TextField(max_length=100, required=False)
    enforcement = WordField(ENFORCEMENTS, default=Enforcement.BLOCK.value)
    buffer_amount = MoneyField(zero_allowed=True, default=ZERO, help_text="By how much BLOCK may be exceeded.")
    buffer_percent = percent_field(default=0, help_text="The same as a share of what a period starts with.")
    thresholds = thresholds_field(default=[80, 100])
    rollover = WordField(ROLLOVERS, default=Rollover.NONE.value)
    rollover_cap = MoneyField(zero_allowed=True, required=False, help_text="Most that is carried over.")
    refunds_to = WordField(REFUNDS_TO, default=RefundsTo.ORIGIN.value)
    grace_days = WholeNumberField(min_value=0, max_value=366, default=5)
    categories = categories_field(default=[])
    parent_id = IdField(required=False, help_text="The budget above it.")
    children_mode = WordField(CHILDREN_MODES, default=ChildrenMode.CAP.value)
    prorate_first = FlagField(default=False, help_text="The first period gets its share by days.")
    reason = TextField(max_length=500, default="Set.", help_text=REASON)


class ChangeBudget(StrictSerializer):
    """Only what is named changes."""

    total_amount = MoneyField(required=False, help_text="Of the budget and its open periods; see `effective`.")
    effective = WordField(
        tuple(Effective.values), default=Effective.NOW.value, help_text="From when on `total_amount` counts."
    )
    status = WordField((BudgetStatus.ACTIVE.value, BudgetStatus.SUSPENDED.value), required=False)
    enforcement = WordField(ENFORCEMENTS, required=False)
    buffer_amount = MoneyField(zero_allowed=True, required=False)
    buffer_percent = percent_field(required=False)
    thresholds = thresholds_field(required=False)
    rollover = WordField(ROLLOVERS, required=False)
    rollover_cap = MoneyField(
        zero_allowed=True, required=False, help_text="`rollover` named without it takes the cap away."
    )
    refunds_to = WordField(REFUNDS_TO, required=False)
    name = TextField(max_length=100, required=False)
    categories = categories_field(required=False)
    end_date = DateField(required=False, allow_null=True, help_text="Last day, today or later; null = open end.")
    children_mode = WordField(CHILDREN_MODES, required=False)
    grace_days = WholeNumberField(min_value=0, max_value=366, required=False)
    reason = TextField(max_length=500, help_text=REASON)


def budget_spec(wanted: dict[str, Any], subject: Subject) -> BudgetSpec:
    """A validated body as the use case takes it.

    Raises:
        InvalidInput: dates in the wrong order, or a currency that the wallet does not hold.
    """
    currency = wanted.get("currency", subject.currency)
    if subject.wallet is not None and currency != subject.wallet.currency:
        raise InvalidInput("The wallet holds another currency.", pointer="/currency")
    require_allowances(wanted, currency)
    calendar, scope = calendar_of_company(subject.company), subject.scope
    start = wanted.get("start_date") or calendar.day_of(database_now())
    period_type, categories = PeriodType(wanted["period_type"]), tuple(wanted["categories"])
    wallet = subject.wallet
    return BudgetSpec(
        company_id=subject.company.id,
        scope=scope,
        team_id=subject.team_id,
        wallet_id=None if wallet is None else wallet.id,
        user_id=None if wallet is None else wallet.user_id,
        parent_id=wanted.get("parent_id"),
        children_mode=ChildrenMode(wanted["children_mode"]),
        name=wanted.get("name") or default_name(scope, period_type, categories),
        currency=currency,
        amount=wanted["total_amount"],
        period_type=period_type,
        start_date=start,
        end_date=day_after(wanted.get("end_date"), start),
        calendar=calendar,
        categories=categories,
        enforcement=Enforcement(wanted["enforcement"]),
        buffer_amount=wanted["buffer_amount"],
        buffer_percent=wanted["buffer_percent"],
        thresholds=tuple(wanted["thresholds"]),
        rollover=Rollover(wanted["rollover"]),
        rollover_cap=wanted.get("rollover_cap"),
        refunds_to=RefundsTo(wanted["refunds_to"]),
        grace_days=wanted["grace_days"],
        prorate_first=wanted["prorate_first"],
    )


def require_allowances(wanted: dict[str, Any], currency: str) -> None:
    """Hold the amounts of a body to its currency, and to what budgets and limits may say.

    Raises:
        InvalidInput: `money.scale_exceeded` or `money.invalid`.
    """
    for name, amount in wanted.items():
        if isinstance(amount, Decimal):
            require_scale_of(amount, currency, name)
            if amount >= MOST:
                raise InvalidInput(f"This must be less than {MOST:,f}.", pointer=f"/{name}", code="money.invalid")


def day_after(last_day: date | None, start: date) -> date | None:
    """The first day after a last day.

    Raises:
        InvalidInput: it lies before the start.
    """
    if last_day is None:
        return None
    if last_day < start:
        raise InvalidInput("The end lies before the start.", pointer="/end_date")
    return last_day + ONE_DAY


def budget_change(wanted: dict[str, Any], budget: Budget) -> BudgetChange:
    """A validated body as the use case takes it. What is not named stays."""
    require_allowances(wanted, budget.currency)
    asked = {name: value for name, value in wanted.items() if name not in {"total_amount", "reason"}}
    if "total_amount" in wanted:
        asked["amount"] = wanted["total_amount"]
    if "end_date" in asked:
        asked["end_date"] = day_after(asked["end_date"], budget.start_date)
    if "rollover" in asked:
        asked.setdefault("rollover_cap", None)
    for name in ("thresholds", "categories"):
        if name in asked:
            asked[name] = tuple(asked[name])
    return BudgetChange(**asked)
