"""`/v1/transfers/batch`: many transfers in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import FlagField, KeyField
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.errors import ServiceError
from ledger.services.journal import Outcome, Renderer
from ledger.services.movements import Claim, Transfer
from wallets.api.batches import CODES, MAX_ROWS, BatchAnswer, BatchView
from wallets.api.replies import REHEARSED, MoneyQuery, origin_of
from wallets.api.transfers import BODY_EXAMPLE, EXAMPLE, REFUSALS, SPENDERS, TransferBody, transfer_request
from wallets.api.wallet_locks import LOCK_HEADER, presented_lock
from wallets.services.transfers import post_transfers, prepare_transfers


class RowBody(TransferBody):
    idempotency_key = KeyField()


class TransferBatchBody(StrictSerializer):
    atomic = FlagField(help_text="All or none.")
    transfers = serializers.ListField(child=RowBody(), allow_empty=False, max_length=MAX_ROWS)


class TransferBatchView(BatchView[Transfer]):
    policy = {"POST": SPENDERS}
    rows_in, counted_as, hashed_as = "transfers", "transfer_batch", "batch"

    @operation(
        "Move money many times at once",
        body=TransferBatchBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=BatchAnswer,
        codes=(*REFUSALS, *CODES),
        body_example={
            "atomic": False,
            "transfers": [
                {"idempotency_key": "lunch-1", **BODY_EXAMPLE},
                {"idempotency_key": "lunch-2", **BODY_EXAMPLE},
            ],
        },
        example={"results": [{"index": 0, "status": "COMPLETED", "txn_id": EXAMPLE["txn_id"]}]},
        headers=LOCK_HEADER,
        description="Each row has its own key and its own outcome. With `atomic: true` all are posted or none: the "
        "problem names the first failing row in `index`, and only that row's key is used up. A row that is back-dated "
        "into a closed period, or into the future, makes the whole batch 400.",
    )
    def post(self, request: Request) -> Response:
        return self.post_batch(self.body(TransferBatchBody))

    def prepare(self, rows: Sequence[dict[str, Any]], claims: Sequence[Claim]) -> list[Transfer | ServiceError]:
        requests = [transfer_request(row, claim) for row, claim in zip(rows, claims, strict=True)]
        caller, origin = caller_of(self.request), origin_of(self.request)
        lock_id = presented_lock(self.request)
        return list(prepare_transfers(requests, caller=caller, origin=origin, lock_id=lock_id))

    def post_rows(self, commands: Sequence[Transfer], render: Renderer, all_or_none: bool) -> list[Outcome]:
        return post_transfers(commands, render=render, all_or_none=all_or_none)
