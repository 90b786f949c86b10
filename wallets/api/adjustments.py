"""`/v1/adjustments`: money into or out of a wallet that no booking explains. Always with a second person."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField, WordField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView
from ledger.money import plain
from wallets.api.approval_views import ASKED_CODES, EXAMPLE, AskedAnswer, asked_for
from wallets.services.approvals.adjusting import AdjustWallet, Direction


class AdjustBody(StrictSerializer):
    amounts = {"amount": "currency"}

    wallet_id = IdField()
    direction = WordField(tuple(Direction), help_text="CREDIT: into the wallet. DEBIT: out of it.")
    amount = MoneyField()
    currency = CurrencyField()
    reason = TextField(max_length=500, help_text="Becomes the description of the transaction, kept for ever: no names.")


class AdjustmentsView(ServiceView):
    policy = {"POST": allow("FINANCE")}

    @operation(
        "Ask for an adjustment",
        body=AdjustBody,
        answer=AskedAnswer,
        status=202,
        codes=(
            "money.invalid",
            "money.scale_exceeded",
            "currency.unsupported",
            "not_found",
            "wallet.closed",
            "wallet.frozen",
            "wallet.suspended",
            "currency.mismatch",
            "funds.insufficient",
            "lock.timeout",
            *ASKED_CODES,
        ),
        body_example={**EXAMPLE["arguments"], "amount": "25.00", "reason": EXAMPLE["reason"]},  # type: ignore[dict-item]
        example={"approval": EXAMPLE},
        takes_key="required",
        description="Nothing moves until a second person has approved it. Then a transaction of type CREDIT or DEBIT "
        "is made, with the request's id as its reference, against the company's account for adjustments. All gates "
        "decide about it, now and then; budgets and limits do not count it.",
    )
    def post(self, request: Request) -> HttpResponse:
        key, wanted = self.idempotency_key(), self.body(AdjustBody)
        limit_wallet(wanted["wallet_id"], "adjustment")
        arguments = {
            "wallet_id": str(wanted["wallet_id"]),
            "direction": wanted["direction"],
            "amount": plain(wanted["amount"]),
            "currency": wanted["currency"],
        }
        return asked_for(self, AdjustWallet.name, arguments, reason=wanted["reason"], key=key)
