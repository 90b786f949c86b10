"""`/v1/transfers/batch`: up to 1,000 transfers in one request, each for itself or all together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import FlagField, KeyField
from ledger.api.refusals import refused
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer, pointer_to
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView, canonical_hash
from ledger.errors import EffectiveAtRefused, IdempotencyKeyReused, InvalidInput, ServiceError
from ledger.selectors.assets import get_asset
from ledger.services.claims import Reply
from ledger.services.journal import Outcome, Result
from ledger.services.movements import Claim, Transfer
from wallets.api.replies import origin_of
from wallets.api.transfers import (
    BODY_EXAMPLE,
    EXAMPLE,
    REFUSALS,
    SPENDERS,
    TransferBody,
    transfer_request,
    transfer_view,
)
from wallets.api.wallet_locks import LOCK_HEADER, presented_lock
from wallets.services.transfers import post_transfers, prepare_transfers

MAX_TRANSFERS = 1_000


class RowBody(TransferBody):
    idempotency_key = KeyField()


class BatchBody(StrictSerializer):
    atomic = FlagField(help_text="All or none.")
    transfers = serializers.ListField(child=RowBody(), allow_empty=False, max_length=MAX_TRANSFERS)


class RowAnswer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(("COMPLETED", "REFUSED"))
    txn_id = serializers.UUIDField(required=False)
    problem = serializers.DictField(required=False)


class BatchAnswer(serializers.Serializer[Any]):
    results = RowAnswer(many=True)


class TransferBatchView(ServiceView):
    policy = {"POST": SPENDERS}

    @operation(
        "Move money many times at once",
        body=BatchBody,
        answer=BatchAnswer,
        codes=(*REFUSALS, "idempotency.key_reused", "idempotency.in_progress", "lock.timeout", "outcome.unknown"),
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
        wanted = self.body(BatchBody)
        prepared = self._prepare(wanted["transfers"])
        try:
            if wanted["atomic"]:
                return self._post_all_or_none(prepared)
            return Response({"results": [{"index": i, **row} for i, row in enumerate(self._post_each(prepared))]})
        except EffectiveAtRefused as error:
            raise _at_its_row(error, prepared) from None

    def _prepare(self, rows: Sequence[dict[str, Any]]) -> list[Transfer | ServiceError]:
        requests = [
            transfer_request(row, self._claim(row["idempotency_key"], sent))
            for row, sent in zip(rows, self._sent_rows(), strict=True)
        ]
        prepared = prepare_transfers(
            requests,
            caller=caller_of(self.request),
            origin=origin_of(self.request),
            lock_id=presented_lock(self.request),
        )
        for wallet_id in {
            r.from_wallet_id for r, row in zip(requests, prepared, strict=True) if isinstance(row, Transfer)
        }:
            limit_wallet(wallet_id, "transfer_batch")
        return list(prepared)

    def _sent_rows(self) -> list[Any]:
        body: dict[str, Any] = self.request.data  # type: ignore[assignment]  # the parser lets only objects through
        rows: list[Any] = body["transfers"]
        return rows

    def _claim(self, key: str, sent: Any) -> Claim:
        return Claim(scope=f"api:{self.caller.id}", key=key, request_hash=canonical_hash(["batch", sent]))

    def _post_each(self, prepared: list[Transfer | ServiceError]) -> list[dict[str, Any]]:
        commands = [row for row in prepared if isinstance(row, Transfer)]
        outcomes = iter(post_transfers(commands, render=self._render_row) if commands else [])
        return [self._row(next(outcomes)) if isinstance(row, Transfer) else self._refusal(row) for row in prepared]

    def _post_all_or_none(self, prepared: list[Transfer | ServiceError]) -> Response:
        for index, row in enumerate(prepared):
            if isinstance(row, ServiceError):
                row.data["index"] = index
                raise row
        commands = [row for row in prepared if isinstance(row, Transfer)]
        outcomes = post_transfers(commands, render=self._render_row, all_or_none=True)
        rows = [{"index": i, **self._row(outcome)} for i, outcome in enumerate(outcomes) if outcome.blocked_by is None]
        refused_row = next((row for row in rows if row["status"] == "REFUSED"), None)
        if refused_row is None:
            return Response({"results": rows})
        problem = refused_row["problem"]
        kept = {name: problem[name] for name in ("gates", "txn_id") if name in problem}
        raise ServiceError(problem["detail"], code=problem["code"], index=refused_row["index"], **kept)

    def _render_row(self, result: Result) -> Reply:
        if result.refusal is None:
            return Reply(200, json.dumps({"status": "COMPLETED", "txn_id": transfer_view(result)["txn_id"]}))
        command = result.command
        assert isinstance(command, Transfer), "a batch holds transfers"
        asset = get_asset(command.document.asset)
        row = self._refusal(refused(result.refusal, asset, txn_id=result.transaction_id))
        return Reply(200, json.dumps({**row, "txn_id": str(result.transaction_id)}))

    def _row(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.key_reused:
            return self._refusal(IdempotencyKeyReused())
        row: dict[str, Any] = json.loads(outcome.reply.body or "{}")
        return row

    def _refusal(self, error: ServiceError) -> dict[str, Any]:
        return {"status": "REFUSED", "problem": self.problem(error).data}


def _at_its_row(error: EffectiveAtRefused, prepared: Sequence[Transfer | ServiceError]) -> InvalidInput:
    """The same, with a pointer to the row that it is about: nothing of the batch was posted."""
    ids = [row.id if isinstance(row, Transfer) else None for row in prepared]
    return InvalidInput(error.detail, pointer=pointer_to("transfers", ids.index(error.command_id), "effective_at"))
