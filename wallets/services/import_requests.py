"""Asking a second person to let an import be applied, and hearing that he did not."""

from __future__ import annotations

from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import User
from ledger.services import journal
from wallets.locks import lock_import
from wallets.models import Approval, ApprovalStatus, Import, ImportState, Source
from wallets.services.approvals import request_approval
from wallets.services.approvals.importing import ApplyImportFile
from wallets.services.imports.stages import mark_requested, reject_import

_OUTCOMES = {
    ApprovalStatus.REJECTED: "It was not approved.",
    ApprovalStatus.WITHDRAWN: "The request to apply it was withdrawn.",
    ApprovalStatus.EXPIRED: "Nobody has approved it in time.",
    ApprovalStatus.STALE: "It could not be applied when it was approved.",
}


def ask_to_apply(id: UUID, *, caller: User, reason: str, origin: Origin, source: Source) -> Approval:
    """Ask to have a checked import applied.

    Args:
        reason: kept for ever: no personal data.

    Raises:
        NotFound, Forbidden: it is not this caller's to ask for.
        Conflict: `import.not_ready`, or `import.duplicate`: the same rows were applied, or are about to be.
        ApprovalPending, NoChecker: as `request_approval`.
    """
    with journal.use_case():
        row = lock_import(id)
        approval = request_approval(
            ApplyImportFile.name,
            maker=caller,
            arguments={"import_id": str(id)},
            reason=reason,
            origin=origin,
            source=source,
        )
        mark_requested(row, approval_id=approval.id)
    return approval


def close_refused() -> int:
    """End the imports whose requests were not approved. Returns how many; safe to repeat."""
    asked = Import.objects.filter(state=ImportState.REQUESTED).values_list("id", "approval_id")
    by_approval: dict[UUID, UUID] = {approval_id: id for id, approval_id in asked if approval_id}
    ended = Approval.objects.filter(id__in=by_approval, status__in=list(_OUTCOMES)).values_list("id", "status")
    for approval_id, status in ended:
        reject_import(by_approval[approval_id], outcome=_OUTCOMES[ApprovalStatus(status)])
    return len(ended)
