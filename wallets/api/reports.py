"""`/v1/reports`: sums over what the caller may see, from read models that are minutes old and say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, IdField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery
from ledger.api.times import DateField, rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from ledger.money import ZERO, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.read_models import (
    BALANCES,
    TRANSACTIONS,
    AssetTotals,
    DayTotals,
    Freshness,
    balance_rows,
    balance_totals,
    freshness,
    transaction_totals,
)
from ledger.selectors.replicas import may_lag
from wallets.api.history import STATUSES, WordsField
from wallets.api.wallets import EXAMPLE as WALLET
from wallets.api.wallets import READERS, TYPES
from wallets.models import Wallet
from wallets.selectors.scope import narrowed_scope
from wallets.selectors.wallets import find_wallets

DOCUMENT_TYPES = ("DEPOSIT", "WITHDRAWAL", "TRANSFER", "PAYMENT", "REFUND", "REVERSAL")
BUCKETS = ("available", "pending", "reserved", "staked")
LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)

FIGURES = {"available": "125.50", "pending": "0.00", "reserved": "0.00", "staked": "0.00"}
FRESHNESS = {"as_of": "2026-03-14T16:05:12.000000Z", "age_seconds": 48}
BALANCES_EXAMPLE = {
    **FRESHNESS,
    "totals": [{"currency": "EUR", "wallets": 1, **FIGURES}],
    "data": [
        {
            "user_id": WALLET["user_id"],
            "wallet_id": WALLET["wallet_id"],
            "category": "PRIMARY",
            "currency": "EUR",
            **FIGURES,
        }
    ],
    "page": {"next_cursor": None, "has_more": False},
}
TRANSACTIONS_EXAMPLE = {
    **FRESHNESS,
    "from": "2026-03-01",
    "to": "2026-03-14",
    "data": [
        {
            "day": "2026-03-14",
            "type": "PAYMENT",
            "direction": "OUT",
            "status": "COMPLETED",
            "currency": "EUR",
            "count": 3,
            "amount": "37.50",
            "fee_amount": "0.00",
        }
    ],
}
AGE = (
    "Read from sums that are made every few minutes: `as_of` and `age_seconds` say how old they are. A wallet's own "
    "balance is always current at `/v1/wallets/{wallet_id}/balance`."
)


class BalancesQuery(PageQuery):
    user_id = IdField(required=False)
    category = WordField(TYPES, required=False, help_text="The type of wallet.")
    currency = CurrencyField(required=False)


class TransactionsQuery(StrictQuery):
    user_id = IdField(required=False)
    category = WordField(TYPES, required=False, help_text="The type of wallet.")
    currency = CurrencyField(required=False)
    type = WordsField(DOCUMENT_TYPES, default=[])
    status = WordsField(STATUSES, default=[])

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["from"] = DateField(required=False, help_text="First day in UTC. Default: 30 days before the last.")
        fields["to"] = DateField(required=False, help_text="Last day in UTC, inclusive. Default: today.")
        return fields


class FiguresAnswer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    available = serializers.CharField()
    pending = serializers.CharField()
    reserved = serializers.CharField()
    staked = serializers.CharField()


class TotalsAnswer(FiguresAnswer):
    wallets = serializers.IntegerField()


class BalanceRowAnswer(FiguresAnswer):
    user_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField()
    category = serializers.ChoiceField(TYPES)


class FreshnessAnswer(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    age_seconds = serializers.IntegerField()


class BalancesAnswer(page_of(BalanceRowAnswer), FreshnessAnswer):  # type: ignore[misc]  # a class made just here
    totals = TotalsAnswer(many=True)


class DayAnswer(serializers.Serializer[Any]):
    day = serializers.DateField()
    type = serializers.ChoiceField(DOCUMENT_TYPES)
    direction = serializers.ChoiceField(("OUT", "IN"))
    status = serializers.ChoiceField(STATUSES)
    currency = serializers.CharField()
    count = serializers.IntegerField()
    amount = serializers.CharField()
    fee_amount = serializers.CharField()


class TransactionsAnswer(FreshnessAnswer):
    to = serializers.DateField()
    data = DayAnswer(many=True)  # type: ignore[assignment]  # a field: the metaclass takes it off the class

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateField()}


class BalancesReportView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Report balances by user, category and currency",
        query=BalancesQuery,
        answer=BalancesAnswer,
        codes=("pagination.invalid", "currency.unsupported"),
        example=BALANCES_EXAMPLE,
        description=f"One row per wallet; `totals` are over all that match, not over the page. {AGE}",
    )
    def get(self, request: Request) -> Response:
        query, caller = self.query(BalancesQuery), caller_of(request)
        filters = _wallet_filters(query)
        fresh = freshness()[BALANCES]
        totals = balance_totals(narrowed_scope(caller, filters))
        page = paginate(find_wallets(caller, filters), query)
        held = balance_rows(wallet.id for wallet in page.rows)
        body = page.body(lambda wallet: _wallet_view(wallet, held.get(wallet.id)))
        return Response({**_freshness_view(fresh), "totals": [_totals_view(row) for row in totals], **body})


class TransactionsReportView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Report transactions by day, type and status",
        query=TransactionsQuery,
        answer=TransactionsAnswer,
        codes=("currency.unsupported",),
        example=TRANSACTIONS_EXAMPLE,
        description="Counts, amounts and fees as the wallets see them: a transfer between two of them counts once OUT "
        f"and once IN, its fee only OUT. Days are those of UTC, by when a transaction counts; at most 366. {AGE}",
    )
    def get(self, request: Request) -> Response:
        query = self.query(TransactionsQuery)
        first, last = _days(query)
        scope = narrowed_scope(caller_of(request), _wallet_filters(query))

        def read() -> tuple[Freshness, list[DayTotals]]:
            fresh = freshness()[TRANSACTIONS]
            return fresh, transaction_totals(
                scope, first=first, last=last, types=query["type"], statuses=query["status"]
            )

        # Who sees less has it said by the primary whom he sees, in the same statement.
        fresh, rows = may_lag(read) if scope.is_whole_company else read()
        days = {"from": first.isoformat(), "to": last.isoformat()}
        return Response({**_freshness_view(fresh), **days, "data": [_day_view(row) for row in rows]})


def _wallet_filters(query: Mapping[str, Any]) -> dict[str, Any]:
    names = {"user_id": "user_id", "category": "type", "currency": "currency"}
    return {column: query[name] for name, column in names.items() if name in query}


def _days(query: Mapping[str, Any]) -> tuple[date, date]:
    last = query.get("to") or database_now().date()
    first = query.get("from") or last - USUAL
    if last < first:
        raise InvalidInput("The end lies before the start.", pointer="/to")
    if last - first >= LONGEST:
        raise InvalidInput("A report covers at most 366 days.", pointer="/to")
    return first, last


def _freshness_view(fresh: Freshness) -> dict[str, Any]:
    return {"as_of": rfc3339(fresh.as_of), "age_seconds": fresh.age_seconds}


def _wallet_view(wallet: Wallet, held: Any) -> dict[str, Any]:
    """A wallet that is younger than the sums held nothing then."""
    scale = get_asset(wallet.currency).cash_scale
    return {
        "user_id": str(wallet.user_id),
        "wallet_id": str(wallet.id),
        "category": wallet.type,
        "currency": wallet.currency,
        **{bucket: format_amount(getattr(held, bucket, ZERO), scale) for bucket in BUCKETS},
    }


def _totals_view(row: AssetTotals) -> dict[str, Any]:
    scale = get_asset(row.asset).cash_scale
    figures = {bucket: format_amount(getattr(row, bucket), scale) for bucket in BUCKETS}
    return {"currency": row.asset, "wallets": row.wallets, **figures}


def _day_view(row: DayTotals) -> dict[str, Any]:
    scale = get_asset(row.asset).cash_scale
    return {
        "day": row.day.isoformat(),
        "type": row.type,
        "direction": row.direction,
        "status": row.status,
        "currency": row.asset,
        "count": row.documents,
        "amount": format_amount(row.amount, scale),
        "fee_amount": format_amount(row.fee_amount, scale),
    }
