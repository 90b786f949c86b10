"""Asking for something that needs a second person."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import Caller, User
from compliance.services.audit import record_change
from ledger.errors import IdempotencyKeyReused, InvalidInput
from ledger.money import plain
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.claims import Reply
from ledger.services.movements import Claim
from ledger.services.replies import Wish, answer_once
from wallets.core.approving import Step, is_complete, step_data
from wallets.errors import ApprovalPending, NoChecker
from wallets.models import Approval, ApprovalStatus, Source
from wallets.selectors.approvals import people_who_check
from wallets.services.approvals.operations import Arguments, Change, Target
from wallets.services.approvals.registry import operation_named
from wallets.services.approvals.rules import steps_for
from wallets.services.approvals.telling import tell_checkers
from wallets.services.wallets import ledger_origin

OPEN_FOR = timedelta(hours=72)
LONGEST_REASON = 500


def request_approval(
    operation: str,
    *,
    maker: Caller,
    arguments: Arguments,
    reason: str,
    origin: Origin,
    source: Source,
    claim: Claim | None = None,
) -> Approval:
    """Ask for something that a second person has to approve. May be called inside a transaction.

    It is rehearsed first: what could not be done anyway is refused at once, and what it would change is kept for the
    checker to see.

    Args:
        arguments: what the operation needs, as JSON: kept for ever, no personal data.
        reason: why; kept for ever, and given to what is done.
        claim: the maker's idempotency key: the same again gets the same request.

    Raises:
        InvalidInput, NotFound, Forbidden: as the operation itself would.
        LedgerRefused and other ServiceErrors: it would be refused.
        ApprovalPending: the same waits for approval already.
        NoChecker: nobody could approve it.
        IdempotencyKeyReused: the key is taken by another request.
    """
    if claim is None:
        return _request(operation, maker, arguments, reason, origin, source)

    def work() -> Reply:
        made = _request(operation, maker, arguments, reason, origin, source)
        return Reply(202, json.dumps({"approval_id": str(made.id)}))

    outcome = answer_once(Wish(claim=claim, origin=ledger_origin(origin), type="RequestApproval"), work)
    outcome.raise_if_reused()
    try:
        return Approval.objects.get(id=json.loads(outcome.reply.body)["approval_id"])
    except (ValueError, KeyError):
        raise IdempotencyKeyReused from None  # it was answered by doing it directly


def _request(
    operation: str, maker: Caller, arguments: Arguments, reason: str, origin: Origin, source: Source
) -> Approval:
    known = operation_named(operation)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Say why, in at most {LONGEST_REASON} characters: it is kept for ever.", pointer="/reason")
    asked = known.read({**arguments, "reason": reason})
    known.authorise(maker, asked)
    with journal.use_case():
        target = known.target(asked)
        _require_none_pending(maker, operation, target.id)
        steps = steps_for(known, maker=maker, target=target, source=source)
        subject = None if target.subject_id is None else User.objects.get(id=target.subject_id)
        checkers = _require_checkers(steps, maker, subject)
        impact = known.impact(maker, asked)
        approval = _create(operation, maker, arguments, reason, source, target, steps, impact)
        _record(approval, origin)
        tell_checkers(approval, known.title, checkers)
    return approval


def _require_none_pending(maker: Caller, operation: str, target_id: UUID) -> None:
    existing = _pending(maker, operation, target_id)
    if existing is not None:
        raise ApprovalPending(existing)


def _pending(maker: Caller, operation: str, target_id: UUID) -> UUID | None:
    same = Approval.objects.filter(company_id=maker.company_id, operation=operation, target_id=target_id)
    return same.filter(status=ApprovalStatus.PENDING).values_list("id", flat=True).first()


def _require_checkers(steps: list[Step], maker: Caller, subject: User | None) -> list[User]:
    """Those who could check; whoever stands in for one of them can do no more than he can himself."""
    people = people_who_check(steps, company_id=maker.company_id, maker_id=maker.id, subject=subject)
    if not is_complete(steps, [person.role for person in people]):
        raise NoChecker
    return people


def _create(
    operation: str,
    maker: Caller,
    arguments: Arguments,
    reason: str,
    source: Source,
    target: Target,
    steps: list[Step],
    impact: list[Change],
) -> Approval:
    now = database_now()
    try:
        with atomic():
            return Approval.objects.create(
                company_id=maker.company_id,
                operation=operation,
                arguments=dict(arguments),
                target_type=target.type,
                target_id=target.id,
                target_version=target.version,
                subject_user_id=target.subject_id,
                amount=target.amount,
                currency=target.currency,
                impact=[asdict(change) for change in impact],
                reason=reason,
                requested_by=maker.id,
                requested_role=maker.role,
                source=source,
                steps=[step_data(step) for step in steps],
                expires_at=now + OPEN_FOR,
                created_at=now,
            )
    except IntegrityError as error:
        existing = _pending(maker, operation, target.id)
        if existing is None:
            raise
        raise ApprovalPending(existing) from error  # somebody else was quicker


def _record(approval: Approval, origin: Origin) -> None:
    after: dict[str, Any] = {
        "operation": approval.operation,
        "target_type": approval.target_type,
        "target_id": approval.target_id,
        "steps": approval.steps,
    }
    if approval.amount is not None:
        after |= {"amount": plain(approval.amount), "currency": approval.currency}
    record_change(origin=origin, entity=approval, event_type="approval.requested", after=after, reason=approval.reason)
