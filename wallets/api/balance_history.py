"""`/v1/balances/history`: what wallets held, step by step, for charts."""

from __future__ import annotations

from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import IdField, WordField
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery
from ledger.api.times import InstantOrDateField, bounds, rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.series import Holder, SeriesPoint, balance_series
from ledger.selectors.steps import Calendar, Step, points_between
from wallets.api.wallets import READERS
from wallets.selectors.wallets import get_wallet, wallets_visible_to

MOST_POINTS = 1_000


class SeriesQuery(StrictQuery):
    wallet_id = IdField(required=False, help_text="One wallet. Default: all that you may see, added up.")
    step = WordField(tuple(Step), default=Step.DAY.value, help_text=f"At most {MOST_POINTS} points in all.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["from"] = InstantOrDateField(help_text="The first point. A day begins at the company's midnight.")
        fields["to"] = InstantOrDateField(required=False, help_text="The last point, or the end of that day.")
        return fields


class BalancePointAnswer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    available = serializers.CharField()
    pending = serializers.CharField()
    reserved = serializers.CharField()


class CurrencySeriesAnswer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    points = BalancePointAnswer(many=True)


class BalanceSeriesAnswer(serializers.Serializer[Any]):
    step = serializers.ChoiceField([step.value for step in Step])
    to = serializers.DateTimeField()
    series = CurrencySeriesAnswer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateTimeField()}


class BalanceHistoryView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show balances over time",
        query=SeriesQuery,
        answer=BalanceSeriesAnswer,
        example={
            "from": "2026-02-28T23:00:00.000000Z",
            "to": "2026-03-01T23:00:00.000000Z",
            "step": "day",
            "series": [
                {
                    "currency": "EUR",
                    "points": [
                        {
                            "at": "2026-02-28T23:00:00.000000Z",
                            "available": "100.00",
                            "pending": "0.00",
                            "reserved": "0.00",
                        },
                        {
                            "at": "2026-03-01T23:00:00.000000Z",
                            "available": "125.50",
                            "pending": "0.00",
                            "reserved": "0.00",
                        },
                    ],
                }
            ],
        },
        description="One series per currency: the figures at `from`, at the beginning of each hour, day, week or month "
        "of the company's calendar after it, and at `to`, but not later than now. Each point is what "
        "`/v1/wallets/{wallet_id}/balance?at=` says of that instant today.",
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), self.query(SeriesQuery)
        company = caller.company
        zone, now = ZoneInfo(company.timezone), database_now()
        start, end = bounds(query["from"], query.get("to") or now, zone)
        assert start is not None, "it is required"
        assert end is not None, "it has a default"
        end = max(start, min(end, now))
        step, calendar = Step(query["step"]), Calendar(zone, company.week_start)
        points = list(islice(points_between(start, end, step, calendar), MOST_POINTS + 1))
        if len(points) > MOST_POINTS:
            raise InvalidInput(f"These would be more than {MOST_POINTS} points: take a longer step.", pointer="/step")
        if "wallet_id" in query:
            wallet = get_wallet(caller, query["wallet_id"])
            holders = [Holder(wallet.id, wallet.currency)]
        else:
            visible = wallets_visible_to(caller).select_related(None).values_list("id", "currency")
            holders = [Holder(*row) for row in visible]
        series = balance_series(holders, points)
        answer = {"from": rfc3339(start), "to": rfc3339(end), "step": step.value}
        return Response({**answer, "series": [_series_view(asset, series[asset]) for asset in series]})


def _series_view(asset: str, points: list[SeriesPoint]) -> dict[str, Any]:
    scale = get_asset(asset).cash_scale
    return {
        "currency": asset,
        "points": [
            {
                "at": rfc3339(point.at),
                **{bucket.lower(): format_amount(amount, scale) for bucket, amount in point.amounts.items()},
            }
            for point in points
        ],
    }
