"""From the ledger's outcome to an answer, and back again: the bytes are made once, kept, and sent as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
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
from ledger.errors import ServiceError
from ledger.money import format_amount
from ledger.selectors.assets import Asset, get_asset
from ledger.services.claims import Reply
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Origin, Refusal
from wallets.selectors.transactions import visible_wallet_ids

Body = Callable[[Result], Mapping[str, Any]]


class MoneyQuery(StrictQuery):
    dry_run = FlagField(default=False, help_text="Show what would happen; change nothing and use up no key.")


class RehearsedRefusal(serializers.Serializer[Any]):
    index = serializers.IntegerField(required=False, help_text="Of the row, in a batch.")
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
    refusals = [] if result.refusal is None else [_refusal_view(result.refusal, asset)]
    return _rehearsal(refusals, _effects([result], caller))


def batch_rehearsal(rows: Sequence[Result | ServiceError], caller: Caller, *, all_or_none: bool) -> Response:
    """The same for the rows of a batch, decided one after the other: `refusals` name their rows by `index`, `effects`
    add up what those rows would change that can be posted."""
    refusals = [{"index": index, **told} for index, row in enumerate(rows) if (told := _row_refusal(row))]
    results = [row for row in rows if not isinstance(row, ServiceError)]
    return _rehearsal(refusals, [] if refusals and all_or_none else _effects(results, caller))


def _rehearsal(refusals: list[dict[str, Any]], effects: list[dict[str, Any]]) -> Response:
    return Response({"would_apply": not refusals, "refusals": refusals, "effects": effects})


def _row_refusal(row: Result | ServiceError) -> dict[str, Any]:
    if isinstance(row, ServiceError):
        return {"code": row.code, "gates": []}
    if row.refusal is None:
        return {}
    assert row.document is not None, "every row of a batch makes a document"
    return _refusal_view(row.refusal, get_asset(row.document.asset))


def _refusal_view(refusal: Refusal, asset: Asset) -> dict[str, Any]:
    gates = [gate_view(gate, asset) for gate in refusal.gates if not gate.ok]
    return {"code": refusal.code.value, "gates": gates}


def _effects(results: Sequence[Result], caller: Caller) -> list[dict[str, Any]]:
    """What changes from before the first of them to after the last."""
    before = {id: account for result in reversed(results) for id, account in result.before.items()}
    after = {id: account for result in results for id, account in result.after.items()}
    changed = [(before[id], account) for id, account in after.items() if account.balance != before[id].balance]
    visible = visible_wallet_ids(caller, {account.owner_id for _, account in changed})
    return [
        {
            "wallet_id": str(now.owner_id),
            "bucket": now.bucket.value,
            "before": format_amount(was.balance, get_asset(was.asset).cash_scale),
            "after": format_amount(now.balance, get_asset(now.asset).cash_scale),
        }
        for was, now in changed
        if now.owner_id in visible
    ]
