"""`/v1/budgets/{budget_id}/forecast`: where its current period is heading."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import Budget
from budgets.selectors.forecasts import Outlook, outlook_of
from compliance.api.authentication import caller_of
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.api.budget_views import EXAMPLE as BUDGET_EXAMPLE
from wallets.api.budget_views import PeriodSpanAnswer, span_view, used_percent
from wallets.api.budgets import READERS
from wallets.selectors.budgets import get_visible_budget

EXAMPLE = {
    "budget_id": BUDGET_EXAMPLE["budget_id"],
    "currency": "EUR",
    "period": BUDGET_EXAMPLE["period"],
    "as_of": "2026-03-20T11:00:00.000000Z",
    "total_amount": "600.00",
    "used_amount": "490.00",
    "reserved_amount": "0.00",
    "remaining_amount": "110.00",
    "used_percent": 81,
    "elapsed_percent": 62,
    "days_left": 11,
    "enough_data": True,
    "daily_average": "10.00",
    "projected_amount": "600.00",
    "burn_index": "1.30",
    "exhausted_on": "2026-03-31",
}


class ForecastAnswer(serializers.Serializer[Any]):
    """Without a current period there is nothing to tell: `period` and all figures are null."""

    budget_id = serializers.UUIDField()
    currency = serializers.CharField()
    period = PeriodSpanAnswer(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    total_amount = serializers.CharField(allow_null=True, help_text="What the period allows.")
    used_amount = serializers.CharField(allow_null=True)
    reserved_amount = serializers.CharField(allow_null=True)
    remaining_amount = serializers.CharField(allow_null=True)
    used_percent = serializers.IntegerField(allow_null=True, help_text="Of `total_amount`, rounded down.")
    elapsed_percent = serializers.IntegerField(allow_null=True, help_text="Of the period's time, rounded down.")
    days_left = serializers.IntegerField(allow_null=True, help_text="After today, in the budget's zone.")
    enough_data = serializers.BooleanField(
        help_text="Whether a quarter of the period is gone or five bookings are known. If not, `exhausted_on` is not "
        "told, and the other figures are early ones."
    )
    daily_average = serializers.CharField(allow_null=True, help_text="Of the last 28 days, refunds taken off.")
    projected_amount = serializers.CharField(
        allow_null=True, help_text="used + reserved + daily_average × days_left: what the use will be at the end."
    )
    burn_index = serializers.CharField(allow_null=True, help_text="Share used ÷ share elapsed: 1.00 = as fast as time.")
    exhausted_on = serializers.DateField(
        allow_null=True, help_text="The day at whose end nothing is left, at that average; null = not in this period."
    )


def forecast_view(budget: Budget, outlook: Outlook | None) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(ForecastAnswer().fields)
    whose = {"budget_id": str(budget.id), "currency": budget.currency}
    if outlook is None:
        return {**nothing, **whose, "enough_data": False}
    scale, figures, found, period = (
        get_asset(budget.currency).cash_scale,
        outlook.figures,
        outlook.forecast,
        outlook.period,
    )
    amounts = {
        "total_amount": figures.allocated,
        "used_amount": figures.used,
        "reserved_amount": figures.reserved,
        "remaining_amount": figures.remaining,
        "daily_average": found.daily_average,
        "projected_amount": found.projected,
    }
    return {
        **nothing,
        **whose,
        "period": span_view(period),
        "as_of": rfc3339(outlook.as_of),
        **{name: format_amount(amount, scale) for name, amount in amounts.items()},
        "used_percent": used_percent(figures),
        "elapsed_percent": (outlook.as_of - period.starts_at) * 100 // (period.ends_at - period.starts_at),
        "days_left": found.days_left,
        "enough_data": found.enough_data,
        "burn_index": None if found.burn_index is None else f"{found.burn_index:f}",
        "exhausted_on": None if found.exhausted_on is None else found.exhausted_on.isoformat(),
    }


class BudgetForecastView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show where a budget is heading",
        answer=ForecastAnswer,
        example=EXAMPLE,
        description="The last 28 days carried on to the end of the current period, also across the start of it.",
    )
    def get(self, request: Request, budget_id: UUID) -> Response:
        budget = get_visible_budget(caller_of(request), budget_id)
        return Response(forecast_view(budget, outlook_of(budget)))
