"""Up to 1,000 commands in one request, each for itself or all together: what all such routes share."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.refusals import refused
from ledger.api.serializers import pointer_to
from ledger.api.throttling import limit_wallets
from ledger.api.views import ServiceView, canonical_hash
from ledger.errors import EffectiveAtRefused, IdempotencyKeyReused, InvalidInput, ServiceError
from ledger.selectors.assets import get_asset
from ledger.services.claims import Reply
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Transfer
from ledger.services.undoing import Undo
from wallets.api.replies import MoneyQuery, batch_rehearsal
from wallets.services.transfers import rehearse_rows

MAX_ROWS = 1_000
CODES = ("idempotency.key_reused", "idempotency.in_progress", "lock.timeout", "outcome.unknown")

Row = TypeVar("Row", Transfer, Undo)


class RowAnswer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(("COMPLETED", "REFUSED"))
    txn_id = serializers.UUIDField(required=False)
    problem = serializers.DictField(required=False)


class BatchAnswer(serializers.Serializer[Any]):
    results = RowAnswer(many=True)


class BatchView(ServiceView, Generic[Row]):
    """Attributes:

    rows_in: the member of the body that holds the rows.
    counted_as: the name under which the wallets' rates are counted.
    hashed_as: tells the rows of this route apart from requests of other routes under the same key.
    """

    rows_in: ClassVar[str]
    counted_as: ClassVar[str]
    hashed_as: ClassVar[str]

    @abstractmethod
    def prepare(self, rows: Sequence[dict[str, Any]], claims: Sequence[Claim]) -> list[Row | ServiceError]:
        """Per validated row its command, or what stands in its way."""

    @abstractmethod
    def post_rows(self, commands: Sequence[Row], render: Renderer, all_or_none: bool) -> list[Outcome]:
        """One outcome per command, in order."""

    def post_batch(self, wanted: dict[str, Any]) -> Response:
        """Answer a validated body."""
        is_rehearsal = self.query(MoneyQuery)["dry_run"]
        prepared = self._prepare(wanted[self.rows_in])
        try:
            if is_rehearsal:
                return self._rehearse(prepared, all_or_none=wanted["atomic"])
            if wanted["atomic"]:
                return self._post_all_or_none(prepared)
            return Response({"results": [{"index": i, **row} for i, row in enumerate(self._post_each(prepared))]})
        except EffectiveAtRefused as error:
            raise self._at_its_row(error, prepared) from None

    def _prepare(self, rows: Sequence[dict[str, Any]]) -> list[Row | ServiceError]:
        keys = (row["idempotency_key"] for row in rows)
        prepared = self.prepare(
            rows, [self._claim(key, sent) for key, sent in zip(keys, self._sent_rows(), strict=True)]
        )
        limit_wallets({_wallet_of(row) for row in prepared if not isinstance(row, ServiceError)}, self.counted_as)
        return prepared

    def _sent_rows(self) -> list[Any]:
        body: dict[str, Any] = self.request.data  # type: ignore[assignment]  # the parser lets only objects through
        rows: list[Any] = body[self.rows_in]
        return rows

    def _claim(self, key: str, sent: Any) -> Claim:
        return Claim(scope=f"api:{self.caller.id}", key=key, request_hash=canonical_hash([self.hashed_as, sent]))

    def _rehearse(self, prepared: list[Row | ServiceError], *, all_or_none: bool) -> Response:
        commands = [row for row in prepared if not isinstance(row, ServiceError)]
        results = iter(rehearse_rows(commands))
        rows = [row if isinstance(row, ServiceError) else next(results) for row in prepared]
        return batch_rehearsal(rows, caller_of(self.request), all_or_none=all_or_none)

    def _post_each(self, prepared: list[Row | ServiceError]) -> list[dict[str, Any]]:
        commands = [row for row in prepared if not isinstance(row, ServiceError)]
        outcomes = iter(self.post_rows(commands, self._render_row, False) if commands else [])
        return [self._refusal(row) if isinstance(row, ServiceError) else self._row(next(outcomes)) for row in prepared]

    def _post_all_or_none(self, prepared: list[Row | ServiceError]) -> Response:
        for index, row in enumerate(prepared):
            if isinstance(row, ServiceError):
                row.data["index"] = index
                raise row
        commands = [row for row in prepared if not isinstance(row, ServiceError)]
        outcomes = self.post_rows(commands, self._render_row, True)
        rows = [{"index": i, **self._row(outcome)} for i, outcome in enumerate(outcomes) if outcome.blocked_by is None]
        refused_row = next((row for row in rows if row["status"] == "REFUSED"), None)
        if refused_row is None:
            return Response({"results": rows})
        problem = refused_row["problem"]
        kept = {name: problem[name] for name in ("gates", "txn_id") if name in problem}
        raise ServiceError(problem["detail"], code=problem["code"], index=refused_row["index"], **kept)

    def _render_row(self, result: Result) -> Reply:
        document = result.document
        assert document is not None, "every row of a batch makes a document"
        if result.refusal is None:
            return Reply(200, json.dumps({"status": "COMPLETED", "txn_id": str(document.id)}))
        row = self._refusal(refused(result.refusal, get_asset(document.asset), txn_id=document.id))
        return Reply(200, json.dumps({**row, "txn_id": str(document.id)}))

    def _row(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.key_reused:
            return self._refusal(IdempotencyKeyReused())
        row: dict[str, Any] = json.loads(outcome.reply.body or "{}")
        return row

    def _refusal(self, error: ServiceError) -> dict[str, Any]:
        return {"status": "REFUSED", "problem": self.problem(error).data}

    def _at_its_row(self, error: EffectiveAtRefused, prepared: Sequence[Row | ServiceError]) -> InvalidInput:
        """The same, with a pointer to the row that it is about: nothing of the batch was posted."""
        ids = [None if isinstance(row, ServiceError) else row.id for row in prepared]
        return InvalidInput(error.detail, pointer=pointer_to(self.rows_in, ids.index(error.command_id), "effective_at"))


def _wallet_of(command: Transfer | Undo) -> UUID:
    """The wallet whose rate a row counts against: the one that pays, or the only one."""
    document = command.document
    wallet_id = document.source_wallet_id or document.destination_wallet_id
    assert wallet_id is not None, "a document has a wallet"
    return wallet_id
