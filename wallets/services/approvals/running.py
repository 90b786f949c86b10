"""Doing what was approved, and ending requests."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.transaction import atomic

from compliance.core.origin import SYSTEM_ROLE, Origin
from compliance.models import Caller, ServiceAccount, User
from compliance.services.audit import record_change
from ledger.errors import Busy, Forbidden, PreconditionFailed, ServiceError, Unavailable
from ledger.services.accounts import digest
from ledger.services.movements import Claim
from wallets.models import Approval, ApprovalStatus
from wallets.services.approvals.operations import Operation
from wallets.services.approvals.registry import operation_named
from wallets.services.approvals.telling import tell_maker

SCOPE = "approval"
"""Of the keys under which requests are done: each once."""


def run_approved(approval: Approval, *, by: Caller, reason: str, origin: Origin, now: datetime) -> Approval:
    """Do what a locked request asks for, if everything is still as it was; otherwise it is STALE and nothing happens.

    Args:
        by: whose word was the last one.

    Raises:
        Busy, Unavailable: it cannot be said just now whether it can be done.
    """
    operation = operation_named(approval.operation)
    try:
        with atomic():
            outcome = _run(approval, operation, origin)
        status = ApprovalStatus.APPROVED
    except (Busy, Unavailable):
        raise
    except ServiceError as refusal:
        status, outcome = ApprovalStatus.STALE, {"code": refusal.code, "detail": refusal.detail}
    return close(approval, status, by=by, reason=reason, origin=origin, now=now, outcome=outcome)


def _run(approval: Approval, operation: Operation[Any], origin: Origin) -> dict[str, Any]:
    """As the maker, by what he may do now."""
    maker = _maker(approval)
    asked = operation.read({**approval.arguments, "reason": approval.reason})
    operation.authorise(maker, asked)
    operation.lock(asked)
    if operation.target(asked).version != approval.target_version:
        raise PreconditionFailed("What this is about has changed since it was asked for.")
    claim = Claim(
        scope=SCOPE,
        key=str(approval.id),
        request_hash=digest(approval.operation, json.dumps(approval.arguments, sort_keys=True)),
    )
    as_maker = Origin(actor_id=maker.id, actor_role=maker.role, correlation_id=origin.correlation_id)
    return operation.run(maker, asked, claim=claim, origin=as_maker)


def _maker(approval: Approval) -> Caller:
    """Who has asked, as he is now."""
    makers: Any = ServiceAccount.objects if approval.requested_role == SYSTEM_ROLE else User.objects
    maker: Caller | None = makers.filter(id=approval.requested_by).select_related("company").first()
    if maker is None or not maker.is_active:
        raise Forbidden("Whoever asked for this does not work here any more, or may not for now.")
    return maker


_EVENTS = {
    ApprovalStatus.APPROVED: "approval.approved",
    ApprovalStatus.REJECTED: "approval.rejected",
    ApprovalStatus.WITHDRAWN: "approval.withdrawn",
    ApprovalStatus.EXPIRED: "approval.expired",
    ApprovalStatus.STALE: "approval.stale",
}


def close(
    approval: Approval,
    status: ApprovalStatus,
    *,
    by: Caller | None,
    reason: str,
    origin: Origin,
    now: datetime,
    outcome: dict[str, Any] | None = None,
) -> Approval:
    """End a locked request: it never changes again. Whoever asked is told, unless it was he who ended it."""
    approval.status, approval.decided_at, approval.outcome = status, now, outcome or {}
    approval.version += 1
    approval.save(update_fields=["status", "decided_at", "outcome", "version"])
    after = {"status": approval.status, **approval.outcome}
    record_change(origin=origin, entity=approval, event_type=_EVENTS[status], after=after, reason=reason)
    if by is None or by.id != approval.requested_by:
        tell_maker(approval, operation_named(approval.operation).title)
    return approval
