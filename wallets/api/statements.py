"""`/v1/wallets/{wallet_id}/statement`: as JSON, CSV, PDF, camt.053 or OFX, by `Accept`."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from compliance.api.authentication import caller_of
from compliance.api.users import record_shown
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery
from ledger.api.times import InstantOrDateField, bounds
from ledger.api.views import ServiceView
from ledger.selectors.clock import database_now
from wallets.api.statement_files.camt053 import Camt053Form
from wallets.api.statement_files.csv_form import CSVForm
from wallets.api.statement_files.document import HOLDER_FIELDS, draw_document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.json_form import JSONForm
from wallets.api.statement_files.ofx import OFXForm
from wallets.api.statement_files.pdf import PDFForm
from wallets.api.wallets import READERS
from wallets.selectors.wallets import get_wallet


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
    renderer_classes = (JSONForm, CSVForm, PDFForm, Camt053Form, OFXForm)

    @operation(
        "Draw a wallet's statement",
        query=StatementQuery,
        answer=StatementAnswer,
        media_types=("text/csv", "application/pdf", "application/xml", "application/x-ofx"),
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
        description="Days are days of the company's time zone. At most a year and a day at once. `application/xml` is "
        "camt.053.001.08 of ISO 20022, `application/x-ofx` is OFX 2.1.1. All forms of a period at one `ledger_version` "
        "say the same; what is too large for a form is refused before it begins.",
    )
    def get(self, request: Request, wallet_id: UUID) -> HttpResponse | StreamingHttpResponse:
        wallet = get_wallet(caller_of(request), wallet_id)
        query = self.query(StatementQuery)
        zone = ZoneInfo(wallet.user.company.timezone)
        start, end = bounds(query["from"], query.get("to") or database_now(), zone)
        assert start is not None, "it is required"
        assert end is not None, "it has a default"
        form = cast("StatementForm", request.accepted_renderer)
        document = draw_document(wallet, start=start, end=end)
        response = form.response(document)
        if form.names_holder:
            record_shown(request, [wallet.user], fields=HOLDER_FIELDS)
        return response
