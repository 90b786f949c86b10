"""`/v1/wallets/{wallet_id}/statement`: as JSON, CSV or PDF, by `Accept`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery
from ledger.api.times import InstantOrDateField, bounds, rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.statements import Statement, wallet_statement
from wallets.api.statement_files import CSVRenderer, PDFRenderer
from wallets.api.wallets import READERS
from wallets.models import Wallet
from wallets.selectors.wallets import get_wallet

LONGEST = timedelta(days=366)


class StatementQuery(StrictQuery):
    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["from"] = InstantOrDateField(help_text="Inclusive.")
        fields["to"] = InstantOrDateField(required=False, help_text="Instant: exclusive; day: inclusive. Default now.")
        return fields


class LineAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    type = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    effective_at = serializers.DateTimeField()
    amount = serializers.CharField(help_text="Signed.")
    balance_after = serializers.CharField()


class StatementAnswer(serializers.Serializer[Any]):
    wallet_id = serializers.UUIDField()
    currency = serializers.CharField()
    to = serializers.DateTimeField()
    opening_balance = serializers.CharField()
    closing_balance = serializers.CharField()
    ledger_version = serializers.IntegerField()
    lines = LineAnswer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateTimeField()}


class StatementView(ServiceView):
    policy = {"GET": READERS}
    renderer_classes = (JSONRenderer, CSVRenderer, PDFRenderer)

    @operation(
        "Draw a wallet's statement",
        query=StatementQuery,
        answer=StatementAnswer,
        media_types=("text/csv", "application/pdf"),
        example={
            "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
            "currency": "EUR",
            "from": "2026-02-28T23:00:00.000000Z",
            "to": "2026-03-31T22:00:00.000000Z",
            "opening_balance": "0.00",
            "closing_balance": "125.50",
            "ledger_version": 7,
            "lines": [
                {
                    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
                    "type": "CREDIT",
                    "description": "Opening balance",
                    "effective_at": "2026-03-02T09:30:00.000000Z",
                    "amount": "125.50",
                    "balance_after": "125.50",
                }
            ],
        },
        description="Days are days of the company's time zone. At most a year and a day at once.",
    )
    def get(self, request: Request, wallet_id: UUID) -> Response:
        wallet = get_wallet(caller_of(request), wallet_id)
        query = self.query(StatementQuery)
        zone = ZoneInfo(wallet.user.company.timezone)
        start, end = bounds(query["from"], query.get("to") or database_now(), zone)
        assert start is not None, "it is required"
        assert end is not None, "it has a default"
        if end - start > LONGEST:
            raise InvalidInput("A statement covers at most 366 days.", pointer="/to")
        statement = wallet_statement(wallet_id=wallet.id, asset=wallet.currency, start=start, end=end)
        view = statement_view(wallet, statement)
        return Response({**view, "from": rfc3339(start), "to": rfc3339(end)})


def statement_view(wallet: Wallet, statement: Statement) -> dict[str, Any]:
    scale = get_asset(wallet.currency).cash_scale
    return {
        "wallet_id": str(wallet.id),
        "currency": wallet.currency,
        "opening_balance": format_amount(statement.opening_balance, scale),
        "closing_balance": format_amount(statement.closing_balance, scale),
        "ledger_version": statement.ledger_version,
        "lines": [
            {
                "txn_id": str(line.transaction_id),
                "type": line.type,
                "description": line.description,
                "effective_at": rfc3339(line.effective_at),
                "amount": format_amount(line.amount, scale),
                "balance_after": format_amount(line.balance_after, scale),
            }
            for line in statement.lines
        ],
    }
