"""Requests for approval as docs/interface.md shows them, and the 202 of whatever has to be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.refusals import refused
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.services.claims import Reply
from wallets.api.budget_views import answered_once, reply_of
from wallets.errors import LedgerRefused
from wallets.models import Approval, ApprovalStatus, ApprovalVote, Source, Verdict
from wallets.selectors.approvals import votes_of
from wallets.services.approvals import needs_approval, request_approval
from wallets.services.approvals.operations import Arguments

STATUSES, SOURCES, VERDICTS = tuple(ApprovalStatus.values), tuple(Source.values), tuple(Verdict.values)

EXAMPLE = {
    "approval_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0e1",
    "operation": "adjustment.post",
    "arguments": {
        "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
        "direction": "CREDIT",
        "amount": "25",
        "currency": "EUR",
    },
    "target_type": "wallet",
    "target_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "subject_user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "amount": "25.00",
    "currency": "EUR",
    "impact": [{"label": "Wallet: available", "before": "125.50 EUR", "after": "150.50 EUR"}],
    "reason": "The provider charged twice.",
    "requested_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "requested_role": "FINANCE",
    "source": "API",
    "status": "PENDING",
    "steps": [{"rule_id": None, "name": "Adjust a balance", "checkers": ["FINANCE"], "needed": 1}],
    "votes": [],
    "outcome": {},
    "expires_at": "2026-03-28T08:04:52.204711Z",
    "created_at": "2026-03-25T08:04:52.204711Z",
    "decided_at": None,
    "version": 1,
}
_VOTE = {
    "voter_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c003",
    "role": "FINANCE",
    "on_behalf_of": None,
    "verdict": "APPROVE",
    "reason": "Seen on the statement.",
    "at": "2026-03-25T08:11:03.304711Z",
}
APPROVED = {
    **EXAMPLE,
    "status": "APPROVED",
    "votes": [_VOTE],
    "outcome": {"txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1"},
    "decided_at": _VOTE["at"],
    "version": 2,
}
REJECTED = {**APPROVED, "status": "REJECTED", "votes": [{**_VOTE, "verdict": "REJECT"}], "outcome": {}}
WITHDRAWN = {**REJECTED, "status": "WITHDRAWN", "votes": []}


class ImpactLine(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer, not of the field
    before = serializers.CharField()
    after = serializers.CharField()


class ApprovalStep(serializers.Serializer[Any]):
    rule_id = serializers.UUIDField(allow_null=True, help_text="null: the operation itself asks for it.")
    name = serializers.CharField()
    checkers = serializers.ListField(child=serializers.CharField(), help_text="Roles of those who may check.")
    needed = serializers.IntegerField(help_text="How many of them.")


class ApprovalWord(serializers.Serializer[Any]):
    voter_id = serializers.UUIDField()
    role = serializers.CharField(help_text="With which it counts.")
    on_behalf_of = serializers.UUIDField(allow_null=True, help_text="For whom the voter stood in.")
    verdict = serializers.ChoiceField(VERDICTS)
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class ApprovalAnswer(serializers.Serializer[Any]):
    approval_id = serializers.UUIDField()
    operation = serializers.CharField()
    arguments = serializers.DictField(help_text="What the operation was asked with.")
    target_type = serializers.CharField()
    target_id = serializers.UUIDField()
    subject_user_id = serializers.UUIDField(allow_null=True, help_text="Whose wallet or budget it is about.")
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    impact = ImpactLine(many=True)
    reason = serializers.CharField()
    requested_by = serializers.UUIDField()
    requested_role = serializers.CharField()
    source = serializers.ChoiceField(SOURCES)  # type: ignore[assignment]  # a field of the answer, not of the field
    status = serializers.ChoiceField(STATUSES)
    steps = ApprovalStep(many=True)
    votes = ApprovalWord(many=True)
    outcome = serializers.DictField(help_text="What came of it: ids, or with STALE `code` and `detail`.")
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class AskedAnswer(serializers.Serializer[Any]):
    """The answer of whatever has to be approved by somebody else first."""

    approval = ApprovalAnswer()


ASKED: dict[int, Any] = {202: (AskedAnswer, {"approval": EXAMPLE})}
"""For `operation(other_answers=…)` of whatever a company's rules may ask a second person for."""
ASKED_CODES = ("approval.pending", "approval.no_checker")


def approval_views(approvals: Sequence[Approval]) -> list[dict[str, Any]]:
    """Requests as JSON, with what was said to them; one query more however many."""
    votes = votes_of(approvals)
    return [_view(approval, votes.get(approval.id, [])) for approval in approvals]


def approval_view(approval: Approval) -> dict[str, Any]:
    """`approval_views` for one."""
    (view,) = approval_views([approval])
    return view


def _view(approval: Approval, votes: Sequence[ApprovalVote]) -> dict[str, Any]:
    amount, currency = approval.amount, approval.currency
    return {
        "approval_id": str(approval.id),
        "operation": approval.operation,
        "arguments": approval.arguments,
        "target_type": approval.target_type,
        "target_id": str(approval.target_id),
        "subject_user_id": _id(approval.subject_user_id),
        "amount": None if amount is None else format_amount(amount, get_asset(currency).cash_scale),
        "currency": currency or None,
        "impact": approval.impact,
        "reason": approval.reason,
        "requested_by": str(approval.requested_by),
        "requested_role": approval.requested_role,
        "source": approval.source,
        "status": approval.status,
        "steps": approval.steps,
        "votes": [_vote_view(vote) for vote in votes],
        "outcome": approval.outcome,
        "expires_at": rfc3339(approval.expires_at),
        "created_at": rfc3339(approval.created_at),
        "decided_at": rfc3339(approval.decided_at),
        "version": approval.version,
    }


def _vote_view(vote: ApprovalVote) -> dict[str, Any]:
    return {
        "voter_id": str(vote.voter_id),
        "role": vote.role,
        "on_behalf_of": _id(vote.on_behalf_of_id),
        "verdict": vote.verdict,
        "reason": vote.reason,
        "at": rfc3339(vote.at),
    }


def _id(id: object) -> str | None:
    return None if id is None else str(id)


def asked_for(
    view: ServiceView, operation: str, arguments: Arguments, *, reason: str, key: str | None = None
) -> HttpResponse:
    """Ask for something that a second person has to approve: 202 with the request, once per key."""
    caller, origin = caller_of(view.request), origin_of(view.request)

    def work() -> Reply:
        approval = request_approval(
            operation, maker=caller, arguments=arguments, reason=reason, origin=origin, source=Source.API
        )
        return reply_of(202, {"approval": approval_view(approval)})

    try:
        return answered_once(view, work, type="RequestApproval", key=key)
    except LedgerRefused as error:
        raise refused(error.refusal, get_asset(error.asset_code)) from error


def asked_instead(
    view: ServiceView, operation: str, arguments: Arguments, *, reason: str, key: str | None = None
) -> HttpResponse | None:
    """`asked_for`, if the company's rules want a second person for this; None = it may be done directly.

    A key that was used is answered by what it got, whichever way that was.
    """
    if not needs_approval(operation, maker=caller_of(view.request), arguments=arguments, source=Source.API):
        return None
    return asked_for(view, operation, arguments, reason=reason, key=key)
