"""Refunds and reversals: `/v1/transactions/{txn_id}/refunds`, `…/reversals`, and `/v1/reversals/batch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import FlagField, IdField, KeyField, MoneyField, TextField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer, pointer_to
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput, MoneyScaleExceeded, ServiceError
from ledger.selectors.assets import get_asset
from ledger.selectors.transactions import just_undone
from ledger.services.claims import already_used
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim
from ledger.services.undoing import Undo
from wallets.api.approval_views import ASKED, ASKED_CODES, asked_instead
from wallets.api.batches import CODES, MAX_ROWS, BatchAnswer, BatchView
from wallets.api.replies import REHEARSED, MoneyQuery, answer, claim_of, origin_of, rehearsal, renderer
from wallets.api.transactions import EXAMPLE, TXN_ID, TransactionAnswer, transaction_view
from wallets.errors import ApprovalRequired
from wallets.models import Source
from wallets.services.approvals import which_need_approval
from wallets.services.approvals.reversing import ReverseTransaction, target_of_reversal
from wallets.services.undoing import UndoRequest, post_undoings, prepare_undoings, rehearse_undoing

UNDOERS = allow("FINANCE", scope="transfers:write")
REFUSALS = (
    "not_found",
    "transaction.not_reversible",
    "wallet.closed",
    "wallet.frozen",
    "wallet.suspended",
    "funds.insufficient",
    "limit.exceeded",
)
UNDONE = {
    **EXAMPLE,
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0e1",
    "source_wallet_id": EXAMPLE["destination_wallet_id"],
    "destination_wallet_id": EXAMPLE["source_wallet_id"],
    "original_txn_id": TXN_ID,
}


class ReversalBody(StrictSerializer):
    reason = TextField(max_length=500, help_text="Kept for ever: no names and nothing private.")


class RefundBody(ReversalBody):
    amount = MoneyField(help_text="In the currency of the transaction.")


class UndoView(ServiceView):
    """One document, undone wholly or in part."""

    policy = {"POST": UNDOERS}

    def undo(self, request: Request, txn_id: UUID, body: type[ReversalBody], counted_as: str) -> HttpResponse:
        is_rehearsal = self.query(MoneyQuery)["dry_run"]
        key = self.idempotency_key(required=not is_rehearsal)
        wanted = self.body(body)
        command = self._prepare(UndoRequest(**wanted, txn_id=txn_id, claim=claim_of(self, key or "")))
        document = command.document
        limit_wallet(document.source_wallet_id or document.destination_wallet_id or document.id, counted_as)
        asset = get_asset(document.asset)
        if is_rehearsal:
            return rehearsal(rehearse_undoing(command), asset, caller_of(request))
        asked = self.asked_instead(txn_id, wanted, key)
        if asked is not None:
            return asked
        (outcome,) = post_undoings([command], render=renderer(self, asset, undone_view))
        return answer(outcome)

    def asked_instead(self, txn_id: UUID, wanted: dict[str, Any], key: str | None) -> HttpResponse | None:
        """The request for approval that is made instead; None = it is done directly."""
        return None

    def _prepare(self, wanted: UndoRequest) -> Undo:
        (command,) = prepare_undoings([wanted], caller=caller_of(self.request), origin=origin_of(self.request))
        if isinstance(command, MoneyScaleExceeded):
            raise InvalidInput(command.detail, code=command.code, pointer=pointer_to("amount"))
        if isinstance(command, ServiceError):
            raise command
        return command


def undone_view(result: Result) -> dict[str, Any]:
    """A refund or reversal that has just been accepted."""
    command = result.command
    assert isinstance(command, Undo), "only these undo"
    return transaction_view(just_undone(command, result.recorded_at))


class RefundsView(UndoView):
    @operation(
        "Refund a transaction",
        body=RefundBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=TransactionAnswer,
        status=201,
        codes=("money.invalid", "money.scale_exceeded", "refund.exceeds_original", *REFUSALS),
        body_example={"amount": "5.00", "reason": "One of two parcels never came."},
        example={**UNDONE, "type": "REFUND", "amount": "5.00", "total_amount": "5.00"},
        takes_key="required",
        description="Gives back some of the amount, as often as something is left of it. Fees are never refunded; "
        "a reversal returns them. When the receiver no longer has the money, nothing moves.",
    )
    def post(self, request: Request, txn_id: UUID) -> HttpResponse:
        return self.undo(request, txn_id, RefundBody, "refund")


class ReversalsView(UndoView):
    @operation(
        "Reverse a transaction",
        body=ReversalBody,
        query=MoneyQuery,
        other_answers={**REHEARSED, **ASKED},
        answer=TransactionAnswer,
        status=201,
        codes=(*REFUSALS, *ASKED_CODES),
        body_example={"reason": "Booked twice."},
        example={**UNDONE, "type": "REVERSAL"},
        takes_key="required",
        description="Gives back everything, fees too: once, and not after a refund. When the receiver no longer has "
        "the money, nothing moves. Where the company's rules want a second person: 202 with the request.",
    )
    def post(self, request: Request, txn_id: UUID) -> HttpResponse:
        return self.undo(request, txn_id, ReversalBody, "reversal")

    def asked_instead(self, txn_id: UUID, wanted: dict[str, Any], key: str | None) -> HttpResponse | None:
        arguments = {"txn_id": str(txn_id)}
        return asked_instead(self, ReverseTransaction.name, arguments, reason=wanted["reason"], key=key)


class ReversalRowBody(ReversalBody):
    idempotency_key = KeyField()
    txn_id = IdField()


class ReversalBatchBody(StrictSerializer):
    atomic = FlagField(help_text="All or none.")
    reversals = serializers.ListField(child=ReversalRowBody(), allow_empty=False, max_length=MAX_ROWS)


class ReversalBatchView(BatchView[Undo]):
    policy = {"POST": UNDOERS}
    rows_in, counted_as, hashed_as = "reversals", "reversal_batch", "reversal_batch"

    @operation(
        "Reverse many transactions at once",
        body=ReversalBatchBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=BatchAnswer,
        codes=(*REFUSALS, "approval.required", *CODES),
        body_example={
            "atomic": True,
            "reversals": [{"idempotency_key": "undo-1", "txn_id": TXN_ID, "reason": "The whole file was wrong."}],
        },
        example={"results": [{"index": 0, "status": "COMPLETED", "txn_id": UNDONE["txn_id"]}]},
        description="Like `/v1/transfers/batch`: each row for itself, or with `atomic: true` all of them or none. A "
        "row that needs a second person is refused: ask for it on its own.",
    )
    def post(self, request: Request) -> Response:
        return self.post_batch(self.body(ReversalBatchBody))

    def prepare(self, rows: Sequence[dict[str, Any]], claims: Sequence[Claim]) -> list[Undo | ServiceError]:
        requests = [
            UndoRequest(txn_id=row["txn_id"], reason=row["reason"], claim=claim)
            for row, claim in zip(rows, claims, strict=True)
        ]
        prepared = prepare_undoings(requests, caller=caller_of(self.request), origin=origin_of(self.request))
        return self._without_unapproved(prepared)

    def _without_unapproved(self, prepared: Sequence[Undo | ServiceError]) -> list[Undo | ServiceError]:
        """The same, with a refusal in the place of each row that a second person has to approve. A key that was used is
        only answered again."""
        commands = {command.id: command for command in prepared if isinstance(command, Undo)}
        targets = {id: target_of_reversal(command) for id, command in commands.items()}
        caller = caller_of(self.request)
        needy = which_need_approval(ReverseTransaction.name, maker=caller, targets=targets, source=Source.API)
        used = already_used([commands[id].claim for id in needy])
        refused = {id for id in needy if commands[id].claim not in used}
        return [ApprovalRequired() if isinstance(one, Undo) and one.id in refused else one for one in prepared]

    def post_rows(self, commands: Sequence[Undo], render: Renderer, all_or_none: bool) -> list[Outcome]:
        return post_undoings(commands, render=render, all_or_none=all_or_none)
