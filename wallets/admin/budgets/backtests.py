"""The form on a budget's page that asks what another amount would have refused. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from budgets.models import Budget
from budgets.models.vocabulary import Enforcement
from budgets.services.backtests import MOST_PERIODS, BackTest, Trial, back_test
from ledger.admin.cells import id_cell, money_cell
from ledger.admin.screens import Table
from ledger.errors import ServiceError
from ledger.money import format_amount, require_scale
from ledger.selectors.assets import get_asset
from wallets.admin.budgets.bars import signed
from wallets.admin.budgets.forms import MODES
from wallets.admin.form_fields import AmountField, choice

USUAL_PERIODS = 3
MOST_LISTED = 100
ASKS = "try_amount"


class BackTestForm(forms.Form):
    """Of the query string: what it says can be sent to a colleague."""

    try_amount = AmountField(label="Amount")
    try_mode = choice(MODES, label="Mode")
    try_periods = forms.IntegerField(
        min_value=1,
        max_value=MOST_PERIODS,
        label="Periods",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many of the newest, the current one included.",
    )

    def __init__(self, budget: Budget, data: Any = None) -> None:
        usual = {"try_mode": budget.enforcement, "try_periods": USUAL_PERIODS}
        usual["try_amount"] = format_amount(budget.amount, get_asset(budget.currency).cash_scale)
        super().__init__(data, initial=usual)
        self.budget = budget
        self.fields[
            "try_amount"
        ].help_text = f"What each period is supposed to have started with, in {budget.currency}."

    def clean_try_amount(self) -> Any:
        amount, asset = self.cleaned_data["try_amount"], get_asset(self.budget.currency)
        try:
            require_scale(amount, asset.cash_scale, asset.code)
        except ServiceError as error:
            raise ValidationError(error.detail, code=error.code) from None
        return amount


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form is answered: a sentence, and what it is made of."""

    words: str = ""
    tables: list[Table] = field(default_factory=list)


def answer_of(request: HttpRequest, budget: Budget) -> tuple[BackTestForm, Answer]:
    """The form, and the answer to it if it was sent."""
    if ASKS not in request.GET:
        return BackTestForm(budget), Answer()
    form = BackTestForm(budget, request.GET)
    if not form.is_valid():
        return form, Answer()
    asked = form.cleaned_data
    trial = Trial(amount=asked["try_amount"], enforcement=Enforcement(asked["try_mode"]))
    try:
        return form, _answer(budget, back_test(budget, trial, periods=asked["try_periods"]))
    except ServiceError as error:
        return form, Answer(error.detail)
    except OperationalError:
        return form, Answer("Too much to run through just now: ask for fewer periods.")


def _answer(budget: Budget, test: BackTest) -> Answer:
    scale = get_asset(budget.currency).cash_scale
    outcomes = [outcome for _, outcome in test.periods]
    spends, refused = sum(one.spends for one in outcomes), sum(len(one.refused) for one in outcomes)
    then = sum(one.was_refused for one in outcomes)
    words = (
        f"With {signed(test.supposed.amount, scale)} instead of {signed(budget.amount, scale)} {budget.currency}: "
        f"{refused} of {spends} bookings would have been refused; {then} really {'was' if then == 1 else 'were'}."
    )
    return Answer(words, [_periods_table(test), *([_refused_table(test)] if refused else [])])


def _periods_table(test: BackTest) -> Table:
    currency = test.supposed.currency
    rows = [
        [
            period.key,
            outcome.spends,
            len(outcome.refused),
            outcome.was_refused,
            money_cell(outcome.spent, currency),
            money_cell(outcome.left, currency),
        ]
        for period, outcome in test.periods
    ]
    return Table("By period", ("Period", "Bookings", "Refused", "Refused then", "Spent", "Left"), rows)


def _refused_table(test: BackTest) -> Table:
    currency = test.supposed.currency
    refused = [(period, one) for period, outcome in test.periods for one in outcome.refused]
    rows = [
        [
            one.asked.at,
            period.key,
            money_cell(one.asked.amount, currency),
            money_cell(one.left, currency),
            money_cell(one.shortfall, currency),
            "refused too" if one.asked.was_refused else "accepted",
            id_cell(one.asked.document_id, reverse("admin:ledger_transaction_change", args=[one.asked.document_id])),
        ]
        for period, one in refused[:MOST_LISTED]
    ]
    note = f"The first {MOST_LISTED} of {len(refused)}." if len(refused) > MOST_LISTED else ""
    headers = ("When", "Period", "Amount", "Left", "Short by", "Then", "Transaction")
    return Table("Would have been refused", headers, rows, note)
