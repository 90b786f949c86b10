"""`/v1/transactions/{txn_id}/decision`: why yes, why no."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.refusals import decided_gate_view
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.selectors.assets import Asset, get_asset
from ledger.selectors.decisions import DecisionRecord, decisions_about
from ledger.selectors.transactions import events_of
from wallets.api.transactions import READERS, TXN_ID
from wallets.selectors.transactions import get_visible_transaction, visible_wallet_ids

_GATES = [
    {
        "gate": "funds",
        "id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
        "name": None,
        "ok": False,
        "required": "12.50",
        "available": "10.00",
        "shortfall": "2.50",
        "resets_at": None,
    }
]
EXAMPLE = {
    "txn_id": TXN_ID,
    "outcome": "REFUSED",
    "code": "funds.insufficient",
    "decided_at": "2026-03-14T16:05:12.000000Z",
    "gates": _GATES,
    "later": [],
}


class GateAnswer(serializers.Serializer[Any]):
    gate = serializers.CharField()
    id = serializers.CharField(help_text="Whose gate it is, or the name of a condition.")
    name = serializers.CharField(allow_null=True, help_text="Of a budget or limit.")
    ok = serializers.BooleanField()
    required = serializers.CharField(  # type: ignore[assignment]  # a field: the metaclass takes it off the class
        allow_null=True, help_text="Empty for wallets that you may not see."
    )
    available = serializers.CharField(allow_null=True, help_text="Likewise.")
    shortfall = serializers.CharField(allow_null=True)
    resets_at = serializers.DateTimeField(allow_null=True, help_text="When a budget or limit allows more.")


class DecidedAnswer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(("ACCEPTED", "REFUSED"))
    code = serializers.CharField(allow_null=True, help_text="Of a refusal.")
    decided_at = serializers.DateTimeField()
    gates = GateAnswer(many=True)


class LaterAnswer(DecidedAnswer):
    """What was decided later about the money that the document holds."""

    event_id = serializers.UUIDField()
    wanted = serializers.ChoiceField(("CAPTURE", "RELEASE", "EXPIRE", "EXTEND", "ADVANCE"))


class DecisionAnswer(DecidedAnswer):
    txn_id = serializers.UUIDField()
    later = LaterAnswer(many=True)


class DecisionView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show why a transaction was accepted or refused",
        answer=DecisionAnswer,
        example=EXAMPLE,
        description="Every gate that was asked, with its figures of that moment; `later` tells the same of what was "
        "wanted of its reservation since. The figures of wallets that you may not see are left out, and so are the "
        "refused wishes of their owners.",
    )
    def get(self, request: Request, txn_id: UUID) -> Response:
        caller = caller_of(request)
        row = get_visible_transaction(caller, txn_id)
        parties = [id for id in (row.source_wallet_id, row.destination_wallet_id) if id is not None]
        visible, asset = visible_wallet_ids(caller, parties), get_asset(row.asset_id)
        first, *later = decisions_about(row, events_of(row.id), visible=visible)
        told = [{"event_id": str(r.event_id), "wanted": r.wanted, **decided_view(r, asset)} for r in later]
        return Response({"txn_id": str(row.id), **decided_view(first, asset), "later": told})


def decided_view(record: DecisionRecord, asset: Asset) -> dict[str, Any]:
    return {
        "outcome": "ACCEPTED" if record.code is None else "REFUSED",
        "code": None if record.code is None else record.code.value,
        "decided_at": rfc3339(record.decided_at),
        "gates": [decided_gate_view(gate, asset) for gate in record.gates],
    }
