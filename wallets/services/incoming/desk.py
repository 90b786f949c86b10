"""What finance decides about events that failed or wait, and who looks into them. All of it leaves audit records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import User
from compliance.services.audit import record_change
from ledger.errors import Forbidden
from ledger.services import inbox
from ledger.services.inbox import Receipt
from wallets.services.incoming import HANDLERS

DECIDERS = roles_over_all("messages.settle")


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """What the audit trail calls it; the company is that of whoever decides or looks."""

    id: UUID
    company_id: UUID


def retry_event(*, caller: User, id: UUID, reason: str, origin: Origin) -> Receipt:
    """Try an event again at once.

    Args:
        id: one that the caller has been found to see.

    Raises:
        Forbidden: not this caller's to do.
        NotFound: it is settled, unreadable, or somebody is at it just now.
    """
    recorded = partial(_record, caller, "inbox.retried", reason, origin)
    return inbox.retry(_allowed(caller, id), HANDLERS, recorded=recorded)


def ignore_event(*, caller: User, id: UUID, reason: str, origin: Origin) -> Receipt:
    """Let go of an event for good.

    Raises:
        Forbidden, NotFound: as `retry_event`.
    """
    return inbox.ignore(_allowed(caller, id), recorded=partial(_record, caller, "inbox.ignored", reason, origin))


def record_payload_look(*, caller: User, id: UUID, event_type: str, origin: Origin) -> None:
    """Record that somebody is shown what an event says, which may name people (R189). Call it before it is shown.

    The persons may not be in our records yet, so this stands in the audit trail and not in the log of looks.
    """
    entity = InboxEvent(id, caller.company_id)
    record_change(origin=origin, entity=entity, event_type="inbox.payload_shown", after={"event_type": event_type})


def _allowed(caller: User, id: UUID) -> UUID:
    if caller.role not in DECIDERS:
        raise Forbidden
    return id


def _record(caller: User, event_type: str, reason: str, origin: Origin, before: Receipt, after: Receipt) -> None:
    record_change(
        origin=origin,
        entity=InboxEvent(before.id, caller.company_id),
        event_type=event_type,
        before=_told(before),
        after=_told(after),
        reason=reason,
    )


def _told(receipt: Receipt) -> dict[str, Any]:
    return {"status": receipt.status, "attempts": receipt.attempts, "error_code": receipt.error_code}
