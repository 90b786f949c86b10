"""What happens to requests that nobody answers: a reminder, then the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import Error

from compliance.core.origin import Origin
from ledger.errors import ServiceError
from ledger.selectors.clock import database_now
from ledger.services import journal
from wallets.locks import lock_approval
from wallets.models import ApprovalStatus
from wallets.selectors.approvals import (
    approvals_to_remind_of,
    overdue_approvals,
    people_who_check,
    steps_of,
    votes_of,
)
from wallets.services.approvals.registry import operation_named
from wallets.services.approvals.running import close
from wallets.services.approvals.telling import tell_checkers

REMIND_AFTER = timedelta(hours=24)
_INSTALLATION = Origin()

logger = structlog.get_logger(__name__)


def expire_approvals() -> int:
    """End requests whose time is up, one transaction each. Safe at any time and by many at once.

    Returns:
        How many were ended now.
    """
    return sum(_safely(_expire, id) for id in list(overdue_approvals().values_list("id", flat=True)))


def remind_checkers() -> int:
    """Tell those once more who have not answered for a day; once per request. Safe likewise.

    Returns:
        How many requests were told of.
    """
    return sum(_safely(_remind, id) for id in list(approvals_to_remind_of(REMIND_AFTER).values_list("id", flat=True)))


def _safely(work: Callable[[UUID], bool], approval_id: UUID) -> bool:
    try:
        return work(approval_id)
    except (ServiceError, Error):
        logger.exception("approval_not_kept_up", approval_id=str(approval_id))
        return False


def _expire(approval_id: UUID) -> bool:
    with journal.use_case():
        approval, now = lock_approval(approval_id), database_now()
        if approval.status != ApprovalStatus.PENDING or approval.expires_at > now:
            return False
        reason = "Nobody has answered in time."
        close(approval, ApprovalStatus.EXPIRED, by=None, reason=reason, origin=_INSTALLATION, now=now)
    return True


def _remind(approval_id: UUID) -> bool:
    with journal.use_case():
        approval, now = lock_approval(approval_id), database_now()
        if approval.status != ApprovalStatus.PENDING or approval.reminded_at is not None:
            return False
        approval.reminded_at = now
        approval.save(update_fields=["reminded_at"])
        votes = votes_of([approval]).get(approval.id, [])
        spoken = {id for vote in votes for id in (vote.voter_id, vote.on_behalf_of_id) if id is not None}
        people = people_who_check(
            steps_of(approval),
            company_id=approval.company_id,
            maker_id=approval.requested_by,
            subject=approval.subject_user,
        )
        title = operation_named(approval.operation).title
        tell_checkers(approval, title, people, spoken=spoken, is_reminder=True)
    return True
