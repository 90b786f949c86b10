"""What people say to a request: approve, reject, withdraw."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller, User
from compliance.services.audit import record_change
from ledger.errors import Forbidden, InvalidInput, PreconditionFailed
from ledger.selectors.clock import database_now
from ledger.services import journal
from wallets.core.approving import is_complete
from wallets.errors import ApprovalClosed, OwnApproval
from wallets.locks import lock_approval
from wallets.models import Approval, ApprovalStatus, ApprovalVote, Verdict
from wallets.selectors.approvals import (
    Capacity,
    capacity_for,
    get_visible_approval,
    may_reject,
    steps_of,
    votes_of,
)
from wallets.services.approvals.requesting import LONGEST_REASON
from wallets.services.approvals.running import close, run_approved


def approve(
    approval_id: UUID, *, caller: Caller, reason: str, origin: Origin, expected_version: int | None = None
) -> Approval:
    """Agree to a request. With the last word that it needs it is done, as the maker would have done it, in the same
    transaction: once, whatever happens. If it cannot be done any more it ends as STALE, and nothing has happened.

    Args:
        reason: kept for ever.
        expected_version: the version of the request that the caller has seen; None = any.

    Returns:
        The request: PENDING while others have to agree, APPROVED, or STALE.

    Raises:
        NotFound: no such request, or none that the caller may see.
        OwnApproval: the caller has asked for it, or it is about his own wallet; no role changes that.
        Forbidden: no step that is still open asks for him, or he has said his word.
        ApprovalClosed: it waits for nobody any more.
        PreconditionFailed: it has changed since the caller saw it.
        Busy: somebody else holds what it changes just now; nothing has happened.
    """
    with journal.use_case(durable=True):
        approval, now = _open(approval_id, caller, reason, expected_version)
        votes = votes_of([approval]).get(approval.id, [])
        voter, capacity = _require_capacity(capacity_for(caller, approval, votes), caller)
        vote = _vote(approval, voter, capacity, Verdict.APPROVE, reason, origin)
        if is_complete(steps_of(approval), [one.role for one in [*votes, vote]]):
            return run_approved(approval, by=caller, reason=reason, origin=origin, now=now)
        approval.version += 1
        approval.save(update_fields=["version"])
    return approval


def reject(
    approval_id: UUID, *, caller: Caller, reason: str, origin: Origin, expected_version: int | None = None
) -> Approval:
    """Decline a request, as one of those who may check it; one no is enough. Raises as `approve`."""
    with journal.use_case(durable=True):
        approval, now = _open(approval_id, caller, reason, expected_version)
        votes = votes_of([approval]).get(approval.id, [])
        if any(vote.voter_id == caller.id for vote in votes):
            raise Forbidden("You have agreed to this already.")
        voter, capacity = _require_capacity(may_reject(caller, approval, votes), caller)
        _vote(approval, voter, capacity, Verdict.REJECT, reason, origin)
        return close(approval, ApprovalStatus.REJECTED, by=caller, reason=reason, origin=origin, now=now)


def withdraw(
    approval_id: UUID, *, caller: Caller, reason: str, origin: Origin, expected_version: int | None = None
) -> Approval:
    """Take back what the caller has asked for.

    Raises:
        Forbidden: somebody else has.
        NotFound, ApprovalClosed, PreconditionFailed: as `approve`.
    """
    with journal.use_case(durable=True):
        approval, now = _open(approval_id, caller, reason, expected_version, is_maker=True)
        return close(approval, ApprovalStatus.WITHDRAWN, by=caller, reason=reason, origin=origin, now=now)


def _open(
    approval_id: UUID, caller: Caller, reason: str, expected_version: int | None, *, is_maker: bool = False
) -> tuple[Approval, datetime]:
    """A request that the caller sees, locked, and still open."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Say why, in at most {LONGEST_REASON} characters: it is kept for ever.", pointer="/reason")
    seen = get_visible_approval(caller, approval_id)
    if is_maker and seen.requested_by != caller.id:
        raise Forbidden
    if not is_maker and caller.id in {seen.requested_by, seen.subject_user_id}:
        raise OwnApproval
    approval, now = lock_approval(approval_id), database_now()
    if expected_version not in (None, approval.version):
        raise PreconditionFailed("The request has changed since you read it. Read it again.")
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalClosed(approval.status)
    if approval.expires_at <= now:
        raise ApprovalClosed(ApprovalStatus.EXPIRED)
    return approval, now


def _require_capacity(capacity: Capacity | None, caller: Caller) -> tuple[User, Capacity]:
    if capacity is None or not isinstance(caller, User) or not caller.is_active:
        raise Forbidden(
            "Nobody waits for your word here: no step that is still open asks for your role, or you have said it."
        )
    return caller, capacity


def _vote(
    approval: Approval, voter: User, capacity: Capacity, verdict: Verdict, reason: str, origin: Origin
) -> ApprovalVote:
    vote = ApprovalVote.objects.create(
        approval=approval,
        voter=voter,
        role=capacity.role,
        on_behalf_of=capacity.on_behalf_of,
        verdict=verdict,
        reason=reason,
    )
    after = {"verdict": verdict, "role": capacity.role, "on_behalf_of": capacity.principal_id}
    record_change(origin=origin, entity=approval, event_type="approval.voted", after=after, reason=reason)
    return vote
