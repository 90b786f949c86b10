"""`/v1/budgets/{budget_id}/backtests`: what another amount would have refused."""

from __future__ import annotations

from functools import reduce
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.core.backtest import PeriodOutcome, RefusedSpend
from budgets.models import BudgetPeriod
from budgets.models.vocabulary import Enforcement
from budgets.services.backtests import MOST_PERIODS, BackTest, Trial, back_test
from compliance.api.authentication import caller_of
from ledger.api.fields import MoneyField, WholeNumberField, WordField
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer, require_scale_of
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import EXACT, ZERO, format_amount
from ledger.selectors.assets import get_asset
from wallets.api.budget_bodies import percent_field
from wallets.api.budget_views import ENFORCEMENTS, span_view
from wallets.api.budget_views import EXAMPLE as BUDGET_EXAMPLE
from wallets.api.budgets import MONEY, READERS
from wallets.api.transactions import TXN_ID
from wallets.selectors.budgets import get_visible_budget

MOST_REFUSED = 100

EXAMPLE = {
    "budget_id": BUDGET_EXAMPLE["budget_id"],
    "currency": "EUR",
    "total_amount": "1200.00",
    "enforcement": "BLOCK",
    "buffer_amount": "0.00",
    "buffer_percent": 0,
    "spends": 31,
    "would_be_refused": 1,
    "was_refused": 0,
    "refused_amount": "140.00",
    "periods": [
        {
            "key": "2026-03",
            "starts_at": "2026-02-28T23:00:00.000000Z",
            "ends_at": "2026-03-31T22:00:00.000000Z",
            "spends": 31,
            "would_be_refused": 1,
            "was_refused": 0,
            "spent": "1180.00",
            "refused_amount": "140.00",
            "left": "20.00",
        }
    ],
    "refused": [
        {
            "txn_id": TXN_ID,
            "period_key": "2026-03",
            "at": "2026-03-28T16:05:12.000000Z",
            "amount": "140.00",
            "left": "20.00",
            "shortfall": "120.00",
            "was_refused": False,
        }
    ],
}


class TryBudget(StrictSerializer):
    total_amount = MoneyField(help_text="What each period is supposed to have started with.")
    enforcement = WordField(ENFORCEMENTS, required=False, help_text="The budget's own if it is not said.")
    buffer_amount = MoneyField(zero_allowed=True, required=False, help_text="Likewise.")
    buffer_percent = percent_field(required=False, help_text="Likewise; naming one of the two takes the other away.")
    periods = WholeNumberField(
        min_value=1, max_value=MOST_PERIODS, default=3, help_text="How many of the newest, the current one included."
    )


class TriedPeriodAnswer(serializers.Serializer[Any]):
    key = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    spends = serializers.IntegerField(help_text="All that asked: those that passed then, and those it refused then.")
    would_be_refused = serializers.IntegerField()
    was_refused = serializers.IntegerField(help_text="By this budget, then.")
    spent = serializers.CharField(help_text="What passes, less what came back of it; open holds count.")
    refused_amount = serializers.CharField()
    left = serializers.CharField(help_text="What the period would still allow, without its buffer.")


class TriedSpendAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    period_key = serializers.CharField()
    at = serializers.DateTimeField()
    amount = serializers.CharField()
    left = serializers.CharField(help_text="What there was to take, the buffer included.")
    shortfall = serializers.CharField()
    was_refused = serializers.BooleanField(help_text="By this budget, then.")


class BackTestAnswer(serializers.Serializer[Any]):
    budget_id = serializers.UUIDField()
    currency = serializers.CharField()
    total_amount = serializers.CharField()
    enforcement = serializers.ChoiceField(ENFORCEMENTS)
    buffer_amount = serializers.CharField()
    buffer_percent = serializers.IntegerField()
    spends = serializers.IntegerField()
    would_be_refused = serializers.IntegerField()
    was_refused = serializers.IntegerField()
    refused_amount = serializers.CharField()
    periods = TriedPeriodAnswer(many=True)
    refused = TriedSpendAnswer(
        many=True, help_text=f"The first {MOST_REFUSED} that would be refused; `would_be_refused` counts all."
    )


def back_test_view(test: BackTest) -> dict[str, Any]:
    supposed, scale = test.supposed, get_asset(test.supposed.currency).cash_scale
    outcomes = [outcome for _, outcome in test.periods]
    refused = [_refused_view(period, one, scale) for period, outcome in test.periods for one in outcome.refused]
    refused_amount = reduce(EXACT.add, (outcome.refused_amount for outcome in outcomes), ZERO)
    return {
        "budget_id": str(supposed.id),
        "currency": supposed.currency,
        "total_amount": format_amount(supposed.amount, scale),
        "enforcement": supposed.enforcement,
        "buffer_amount": format_amount(supposed.buffer_amount, scale),
        "buffer_percent": supposed.buffer_percent,
        "spends": sum(outcome.spends for outcome in outcomes),
        "would_be_refused": len(refused),
        "was_refused": sum(outcome.was_refused for outcome in outcomes),
        "refused_amount": format_amount(refused_amount, scale),
        "periods": [_period_view(period, outcome, scale) for period, outcome in test.periods],
        "refused": refused[:MOST_REFUSED],
    }


def _period_view(period: BudgetPeriod, outcome: PeriodOutcome, scale: int) -> dict[str, Any]:
    return {
        **span_view(period),
        "spends": outcome.spends,
        "would_be_refused": len(outcome.refused),
        "was_refused": outcome.was_refused,
        "spent": format_amount(outcome.spent, scale),
        "refused_amount": format_amount(outcome.refused_amount, scale),
        "left": format_amount(outcome.left, scale),
    }


def _refused_view(period: BudgetPeriod, refused: RefusedSpend, scale: int) -> dict[str, Any]:
    asked = refused.asked
    return {
        "txn_id": str(asked.document_id),
        "period_key": period.key,
        "at": rfc3339(asked.at),
        "amount": format_amount(asked.amount, scale),
        "left": format_amount(refused.left, scale),
        "shortfall": format_amount(refused.shortfall, scale),
        "was_refused": asked.was_refused,
    }


class BudgetBackTestsView(ServiceView):
    policy = {"POST": READERS}

    @operation(
        "Ask what a budget would have refused",
        body=TryBudget,
        answer=BackTestAnswer,
        codes=MONEY,
        body_example={"total_amount": "1200.00", "periods": 3},
        example=EXAMPLE,
        description="The spends of its newest periods, run through another amount in the order in which they were "
        "recorded, by the rule of real spends. Nothing is changed. docs/interface.md says what it cannot know.",
    )
    def post(self, request: Request, budget_id: UUID) -> Response:
        budget = get_visible_budget(caller_of(request), budget_id)
        wanted = self.body(TryBudget)
        for name in ("total_amount", "buffer_amount"):
            if name in wanted:
                require_scale_of(wanted[name], budget.currency, name)
        enforcement = wanted.get("enforcement")
        trial = Trial(
            amount=wanted["total_amount"],
            enforcement=None if enforcement is None else Enforcement(enforcement),
            buffer_amount=wanted.get("buffer_amount"),
            buffer_percent=wanted.get("buffer_percent"),
        )
        return Response(back_test_view(back_test(budget, trial, periods=wanted["periods"])))
