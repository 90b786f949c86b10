"""From the ledger's outcome to an answer, and back again: the bytes are made once, kept, and sent as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of, session_of
from compliance.api.origin import correlation_id
from compliance.models import Caller
from ledger.api.fields import FlagField
from ledger.api.refusals import gate_view, refused
from ledger.api.serializers import StrictQuery
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import Asset
from ledger.services.claims import Reply
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Origin
from wallets.selectors.transactions import visible_wallet_ids

Body = Callable[[Result], Mapping[str, Any]]


class MoneyQuery(StrictQuery):
    dry_run = FlagField(default=False, help_text="Show what would happen; change nothing and use up no key.")


class RehearsedRefusal(serializers.Serializer[Any]):
    code = serializers.CharField()
    gates = serializers.ListField(child=serializers.DictField())


class Effect(serializers.Serializer[Any]):
    """What would change in a wallet that the caller may see."""

    wallet_id = serializers.UUIDField()
    bucket = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class RehearsalAnswer(serializers.Serializer[Any]):
    """The answer to `dry_run`."""

    would_apply = serializers.BooleanField()
    refusals = RehearsedRefusal(many=True)
    effects = Effect(many=True)


_EFFECT = {
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "bucket": "AVAILABLE",
    "before": "125.50",
    "after": "113.00",
}
REHEARSED: dict[int, Any] = {200: (RehearsalAnswer, {"would_apply": True, "refusals": [], "effects": [_EFFECT]})}
"""For `operation(other_answers=…)` of whatever takes `MoneyQuery`."""


def origin_of(request: Request) -> Origin:
    """Who asks, as the ledger keeps it: ids only."""
    caller = caller_of(request)
    return Origin(
        actor_type=caller.role, actor_id=caller.id, session_id=session_of(request), correlation_id=correlation_id()
    )


def claim_of(view: ServiceView, key: str) -> Claim:
    """The request's claim: its key belongs to its caller."""
    return Claim(scope=f"api:{view.caller.id}", key=key, request_hash=view.request_hash())


def renderer(view: ServiceView, asset: Asset, body: Body, *, status: int = 201) -> Renderer:
    """What turns a decision into the answer to this request: `body` for a yes, a problem for a no."""

    def render(result: Result) -> Reply:
        if result.refusal is None:
            return Reply(status, json.dumps(body(result)))
        return problem_reply(view, refused(result.refusal, asset, txn_id=result.transaction_id))

    return render


def problem_reply(view: ServiceView, error: Exception) -> Reply:
    """An error as an answer to keep."""
    problem = view.problem(error)
    return Reply(problem.status_code, problem.content.decode())


def answer(outcome: Outcome) -> HttpResponse:
    """The answer that an outcome holds, byte for byte as it was first given (ADR 0005).

    Raises:
        IdempotencyKeyReused: there is none; the key belongs to another request.
    """
    outcome.raise_if_reused()
    reply = outcome.reply
    media_type = "application/json" if reply.status < 400 else "application/problem+json"
    response = HttpResponse(reply.body, status=reply.status, content_type=media_type)
    if outcome.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def rehearsal(result: Result, asset: Asset, caller: Caller) -> Response:
    """The answer to `?dry_run=true`: would it work, what stands in its way, what would change.

    What a wallet holds is told only to those who may see it: one can rehearse a payment to any colleague.
    """
    visible = visible_wallet_ids(caller, result.wallet_ids)
    refusals = []
    if result.refusal:
        gates = [gate_view(gate, asset) for gate in result.refusal.gates if not gate.ok]
        refusals = [{"code": result.refusal.code.value, "gates": gates}]
    effects = [
        {
            "wallet_id": str(account.owner_id),
            "bucket": account.bucket.value,
            "before": format_amount(result.before[id].balance, asset.cash_scale),
            "after": format_amount(account.balance, asset.cash_scale),
        }
        for id, account in result.after.items()
        if account.owner_id in visible and account.balance != result.before[id].balance
    ]
    return Response({"would_apply": result.refusal is None, "refusals": refusals, "effects": effects})
