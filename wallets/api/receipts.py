"""`/v1/transactions/{txn_id}/receipt`: proof that a document is sealed, to be checked anywhere (docs/sealing.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.schema import operation
from ledger.api.seals import SEAL_EXAMPLE, SealAnswer
from ledger.api.views import ServiceView
from ledger.selectors.receipts import receipt_of
from wallets.api.transactions import READERS, TXN_ID
from wallets.selectors.receipts import visible_parts
from wallets.selectors.transactions import get_visible_transaction

SECONDS_UNTIL_SEALED = 60
EXAMPLE = {
    "txn_id": TXN_ID,
    "leaves": [
        {
            "event_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60000",
            "index": 20481,
            "leaf_data": "AQAAAAAAAFABAZnQpH8+fBuKVS9KkLYAAA==",
            "leaf_hash": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "path": ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"],
            "parts": [{"kind": "event", "line": 0, "salt": "00112233445566778899aabbccddeeff", "data": "AAAABWV2ZW50"}],
        }
    ],
    **SEAL_EXAMPLE,
}


class PartAnswer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["event", "detail", "posting"])
    line = serializers.IntegerField(help_text="Of a posting, from 1; else 0.")
    salt = serializers.CharField(help_text="Hex.")
    data = serializers.CharField(help_text="The columns, base64.")  # type: ignore[assignment]  # a field


class LeafAnswer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    index = serializers.IntegerField()
    leaf_data = serializers.CharField(help_text="The bytes that are hashed, base64.")
    leaf_hash = serializers.CharField(help_text="Hex.")
    path = serializers.ListField(child=serializers.CharField(), help_text="Hashes, hex (RFC 9162, 2.1.3).")
    parts = PartAnswer(many=True, help_text="What you may see of the rows; of the rest the leaf tells nothing.")


class ReceiptAnswer(SealAnswer):
    txn_id = serializers.UUIDField()
    leaves = LeafAnswer(many=True)


class NotSealedAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    leaves = LeafAnswer(many=True)


class ReceiptView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Prove that a transaction is sealed",
        answer=ReceiptAnswer,
        example=EXAMPLE,
        other_answers={202: (NotSealedAnswer, {"txn_id": TXN_ID, "leaves": []})},
        description=(
            "Check it with `manage.py verify_receipt` or `docs/verify_receipt.py`. 202 until every event of the "
            "transaction is sealed, which takes about a minute."
        ),
    )
    def get(self, request: Request, txn_id: UUID) -> Response:
        caller = caller_of(request)
        transaction = get_visible_transaction(caller, txn_id)
        receipt = receipt_of(transaction.id, visible_parts(caller, transaction))
        if receipt is None:
            waiting = {"Retry-After": str(SECONDS_UNTIL_SEALED)}
            return Response({"txn_id": str(transaction.id), "leaves": []}, status=202, headers=waiting)
        return Response(receipt)
