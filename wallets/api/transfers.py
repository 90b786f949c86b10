"""`/v1/transfers` and the seeds' `/v1/wallet/balance_transfer`: money from wallet to wallet, one or up to 1,000."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField, WholeNumberField
from ledger.api.metadata import MetadataField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.errors import ServiceError
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.services.journal import Result
from ledger.services.movements import Claim, Transfer, Wish
from wallets.api.backdating import BACKDATING, BackdatableBody
from wallets.api.replies import REHEARSED, MoneyQuery, answer, claim_of, origin_of, rehearsal, renderer
from wallets.api.wallet_locks import LOCK_HEADER, presented_lock
from wallets.services.transfers import TransferRequest, post_transfer, prepare_transfers, rehearse_transfer

SPENDERS = allow("EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE", scope="transfers:write")
REFUSALS = (
    "money.invalid",
    "money.scale_exceeded",
    "currency.unsupported",
    "not_found",
    "transfer.same_wallet",
    "wallet.closed",
    "wallet.frozen",
    "wallet.suspended",
    "currency.mismatch",
    "funds.insufficient",
    "limit.exceeded",
    "precondition.failed",
)

FROM = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010"
TO = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c011"
BODY_EXAMPLE = {
    "from_wallet_id": FROM,
    "to_wallet_id": TO,
    "amount": "12.50",
    "currency": "EUR",
    "description": "Lunch",
}
EXAMPLE = {
    "transfer_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "status": "COMPLETED",
    "from_wallet_id": FROM,
    "to_wallet_id": TO,
    "amount": "12.50",
    "currency": "EUR",
    "from_balance": "113.00",
    "created_at": "2026-03-14T16:05:12.000000Z",
}


class ConditionsBody(StrictSerializer):
    """What must be true of the source wallet at the moment of decision; otherwise 412."""

    available_gte = MoneyField(zero_allowed=True, required=False)
    version = WholeNumberField(min_value=0, max_value=2**53, required=False)


class TransferBody(BackdatableBody):
    amounts = {"amount": "currency", "conditions.available_gte": "currency"}

    from_wallet_id = IdField()
    to_wallet_id = IdField()
    amount = MoneyField()
    currency = CurrencyField()
    description = TextField(max_length=500, min_length=0, required=False)
    reference_id = TextField(max_length=100, min_length=0, required=False)
    metadata = MetadataField(required=False)
    conditions = ConditionsBody(required=False)


class TransferAnswer(serializers.Serializer[Any]):
    transfer_id = serializers.UUIDField()
    txn_id = serializers.UUIDField()
    status = serializers.CharField()
    from_wallet_id = serializers.UUIDField()
    to_wallet_id = serializers.UUIDField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    from_balance = serializers.CharField()
    created_at = serializers.DateTimeField()


class BalanceTransferBody(StrictSerializer):
    amounts = {"amount": "currency"}

    from_account = IdField(help_text="A wallet's id.")
    to_account = IdField(help_text="A wallet's id.")
    amount = MoneyField()
    currency = CurrencyField()
    transaction_id = IdField(help_text="Your id of this transfer: the same again is answered, not repeated.")


class BalanceTransferAnswer(serializers.Serializer[Any]):
    transaction_id = serializers.UUIDField()
    status = serializers.CharField()
    from_account = serializers.UUIDField()
    to_account = serializers.UUIDField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    from_balance = serializers.CharField()
    created_at = serializers.DateTimeField()


def transfer_request(wanted: dict[str, Any], claim: Claim) -> TransferRequest:
    """A validated body as the use case takes it."""
    conditions = wanted.get("conditions")
    fields = {name: value for name, value in wanted.items() if name not in {"conditions", "idempotency_key"}}
    return TransferRequest(**fields, claim=claim, wish=Wish(**conditions) if conditions else None)


def transfer_view(result: Result) -> dict[str, Any]:
    """A transfer that has just been accepted."""
    command = result.command
    assert isinstance(command, Transfer), "only transfers are shown like this"
    document = command.document
    asset = get_asset(document.asset)
    source_id, destination_id = document.source_wallet_id, document.destination_wallet_id
    assert source_id is not None, "a transfer has a source"
    return {
        "transfer_id": str(document.id),
        "txn_id": str(document.id),
        "status": "COMPLETED",
        "from_wallet_id": str(source_id),
        "to_wallet_id": str(destination_id),
        "amount": format_amount(document.amount, asset.cash_scale),
        "currency": asset.code,
        "from_balance": format_amount(result.wallet(source_id).balance, asset.cash_scale),
        "created_at": rfc3339(result.recorded_at),
    }


class TransfersView(ServiceView):
    policy = {"POST": SPENDERS}

    @operation(
        "Move money from one wallet to another",
        body=TransferBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=TransferAnswer,
        status=201,
        codes=REFUSALS,
        body_example=BODY_EXAMPLE,
        example=EXAMPLE,
        takes_key="required",
        headers=LOCK_HEADER,
        description="For the owner of the source wallet, the owner's manager, FINANCE and services. " + BACKDATING,
    )
    def post(self, request: Request) -> HttpResponse:
        is_rehearsal = self.query(MoneyQuery)["dry_run"]
        key = self.idempotency_key(required=not is_rehearsal)
        wanted = self.body(TransferBody)
        command = self._prepare(transfer_request(wanted, claim_of(self, key or "")))
        asset = get_asset(wanted["currency"])
        if is_rehearsal:
            return rehearsal(rehearse_transfer(command), asset, caller_of(request))
        return answer(post_transfer(command, render=renderer(self, asset, transfer_view)))

    def _prepare(self, wanted: TransferRequest) -> Transfer:
        (command,) = prepare_transfers(
            [wanted],
            caller=caller_of(self.request),
            origin=origin_of(self.request),
            lock_id=presented_lock(self.request),
        )
        if isinstance(command, ServiceError):
            raise command
        limit_wallet(wanted.from_wallet_id, "transfer")
        return command


class BalanceTransferView(TransfersView):
    policy = {"POST": SPENDERS}

    @operation(
        "Move money from one wallet to another (the seeds' form)",
        body=BalanceTransferBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=BalanceTransferAnswer,
        status=201,
        codes=(*REFUSALS, "idempotency.key_reused", "idempotency.in_progress", "lock.timeout", "outcome.unknown"),
        body_example={
            "from_account": FROM,
            "to_account": TO,
            "amount": "12.50",
            "currency": "EUR",
            "transaction_id": "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e01",
        },
        example={
            "transaction_id": "5f0c1a52-6d0b-4d56-9a55-0c6d2a1f7e01",
            "status": "COMPLETED",
            "from_account": FROM,
            "to_account": TO,
            "amount": "12.50",
            "currency": "EUR",
            "from_balance": "113.00",
            "created_at": "2026-03-14T16:05:12.000000Z",
        },
        headers=LOCK_HEADER,
        description="`transaction_id` plays the part of the `Idempotency-Key`.",
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = self.body(BalanceTransferBody)
        transaction_id: UUID = wanted["transaction_id"]
        claim = Claim(
            scope=f"balance_transfer:{self.caller.id}", key=str(transaction_id), request_hash=self.request_hash()
        )
        command = self._prepare(
            TransferRequest(
                claim=claim,
                from_wallet_id=wanted["from_account"],
                to_wallet_id=wanted["to_account"],
                amount=wanted["amount"],
                currency=wanted["currency"],
                reference_id=str(transaction_id),
            )
        )
        asset = get_asset(wanted["currency"])
        if self.query(MoneyQuery)["dry_run"]:
            return rehearsal(rehearse_transfer(command), asset, caller_of(request))

        def body(result: Result) -> dict[str, Any]:
            view = transfer_view(result)
            return {
                "transaction_id": str(transaction_id),
                "status": view["status"],
                "from_account": view["from_wallet_id"],
                "to_account": view["to_wallet_id"],
                "amount": view["amount"],
                "currency": view["currency"],
                "from_balance": view["from_balance"],
                "created_at": view["created_at"],
            }

        return answer(post_transfer(command, render=renderer(self, asset, body)))
