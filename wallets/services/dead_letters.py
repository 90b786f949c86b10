"""Sending messages again and skipping them, on record (R103, R186)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import Company
from compliance.services.audit import record_change
from ledger.errors import NotFound
from ledger.selectors.delivery import Address, addresses_of
from ledger.services import dead_letters
from wallets.selectors.messages import company_of_message

POSTMASTERS = roles_over_all("messages.settle")
"""The roles that decide about dead letters."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message as the audit trail names it."""

    id: UUID
    company_id: UUID


def resend_messages(message_ids: Iterable[UUID], *, reason: str, origin: Origin) -> int:
    """Send dead letters, and what nobody was bound for, again.

    Args:
        message_ids: those that the caller has been found to see; others than FAILED and UNROUTED are left alone.
        reason: kept with the message and in the audit trail; no personal data.

    Returns:
        How many will be sent again.
    """
    with atomic():
        ids = dead_letters.resend_messages(list(message_ids), reason=reason, actor_id=origin.actor_id)
        for address in addresses_of(ids):
            _record(address, "outbox.resent", "PENDING", reason, origin)
    return len(ids)


def skip_message(message_id: UUID, *, reason: str, origin: Origin) -> None:
    """Give a dead letter up, so that its wallet's later messages are told.

    Args:
        message_id, reason: as above.

    Raises:
        NotFound: it is no dead letter, or none any more.
    """
    with atomic():
        if not dead_letters.skip_message(message_id, reason=reason, actor_id=origin.actor_id):
            raise NotFound("This is no dead letter any more.")
        for address in addresses_of([message_id]):
            _record(address, "outbox.skipped", "SKIPPED", reason, origin)


def record_replay(*, start: datetime | None, end: datetime | None, type: str | None, reason: str) -> None:
    """Record, before it begins, that the messages of a time are told again by whoever runs the installation: in the
    trail of every company, as a time is no company's own.

    Args:
        start, end: of the time; None = open. type: of the messages; None = all.
        reason: kept in the audit trail; no personal data.
    """
    what = {"from": start and start.isoformat(), "to": end and end.isoformat(), "type": type}
    after = {name: value for name, value in what.items() if value is not None}
    with atomic():
        for company in Company.objects.order_by("id"):
            record_change(origin=Origin(), entity=company, event_type="outbox.replayed", after=after, reason=reason)


def _record(address: Address, event_type: str, status: str, reason: str, origin: Origin) -> None:
    company_id = company_of_message(address.aggregate_type, address.aggregate_id)
    record_change(
        origin=origin,
        entity=OutboxMessage(address.message_id, company_id),
        event_type=event_type,
        after={"status": status, "type": address.type, "sequence": address.sequence},
        reason=reason,
    )
