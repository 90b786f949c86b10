"""`/v1/company/balances`: what all wallets hold, what the company's own accounts hold, and that it adds up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import ZERO, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.totals import Holdings, holdings, holdings_at
from wallets.api.balances import BalanceQuery
from wallets.selectors.scope import ledger_scope

BUCKETS = ("available", "pending", "reserved")


class BucketsAnswer(serializers.Serializer[Any]):
    available = serializers.CharField()
    pending = serializers.CharField()
    reserved = serializers.CharField()


class CompanyAccountAnswer(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    balance = serializers.CharField()


class CompanyAssetAnswer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    scale = serializers.IntegerField()
    wallets = BucketsAnswer()
    wallets_total = serializers.CharField()
    accounts = CompanyAccountAnswer(many=True)
    accounts_total = serializers.CharField()
    difference = serializers.CharField(help_text="Both totals together: zero, or money was lost or made.")


class CompanyBalancesAnswer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    known_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "data": CompanyAssetAnswer(many=True)}


class CompanyBalancesView(ServiceView):
    policy = {"GET": allow("FINANCE", "AUDITOR")}

    @operation(
        "Show what the company's wallets and its own accounts hold",
        query=BalanceQuery,
        answer=CompanyBalancesAnswer,
        example={
            "at": "2026-03-14T16:05:12.000000Z",
            "known_at": "2026-03-14T16:05:12.000000Z",
            "data": [
                {
                    "currency": "EUR",
                    "scale": 4,
                    "wallets": {"available": "900.00", "pending": "0.00", "reserved": "50.00"},
                    "wallets_total": "950.00",
                    "accounts": [
                        {"purpose": "BOOKING_CLEARING", "balance": "50.00"},
                        {"purpose": "COMPANY_FUNDING", "balance": "-1000.00"},
                    ],
                    "accounts_total": "-950.00",
                    "difference": "0.00",
                }
            ],
        },
        description="Now, or at any instant as it was known at another. The difference is zero at every instant.",
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), self.query(BalanceQuery)
        scope, now = ledger_scope(caller), database_now()
        at, known_at = query.get("at", now), query.get("known_at", now)
        held = holdings_at(scope, at=at, known_at=known_at) if query else holdings(scope)
        return Response(_company_view(held, at, known_at))


def _company_view(held: list[Holdings], at: datetime, known_at: datetime) -> dict[str, Any]:
    return {"at": rfc3339(at), "known_at": rfc3339(known_at), "data": [_asset_view(row) for row in held]}


def _asset_view(row: Holdings) -> dict[str, Any]:
    asset = get_asset(row.asset)
    assert row.company is not None, "only who sees the whole company is let in"
    assert row.difference is not None, "likewise"

    def text(amount: Any) -> str:
        return format_amount(amount, asset.cash_scale)

    return {
        "currency": asset.code,
        "scale": asset.scale,
        "wallets": {name: text(row.wallets.get(name.upper(), ZERO)) for name in BUCKETS},
        "wallets_total": text(row.total),
        "accounts": [{"purpose": name, "balance": text(balance)} for name, balance in row.purposes.items()],
        "accounts_total": text(row.company),
        "difference": text(row.difference),
    }
