"""Telling people that somebody changed how one logs in as them. The audit trail says so, and is asked (ADR 0036)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from compliance.selectors.recipients import people_by_id
from compliance.selectors.security import security_changes_since
from ledger.selectors.clock import database_now
from wallets.core.notification_kinds import Kind
from wallets.models import EmailStatus, Notification

LOOK_BACK = timedelta(days=1)
"""How long this job may have stood still without anybody's news being lost."""


def note_security_changes() -> int:
    """Write down whom the changes of the last day concern. Safe to repeat: a record is one cause.

    Whatever somebody wishes about e-mail, this is mailed: a thief would wish that it is not.

    Returns:
        How many people were told of a change.
    """
    now = database_now()
    records = {f"security:{record.id}": record for record in security_changes_since(now - LOOK_BACK)}
    if not records:
        return 0
    people = people_by_id(record.entity_id for record in records.values())
    told = set(Notification.objects.filter(user_id__in=people, cause__in=records).values_list("cause", flat=True))
    rows = [
        Notification(
            user=people[record.entity_id],
            kind=Kind.SECURITY_CHANGED,
            cause=cause,
            facts={"change": record.event_type.removeprefix("user.")},
            occurred_at=record.at,
            email_status=EmailStatus.PENDING if settings.SENDS_EMAIL else EmailStatus.NONE,
            email_next_attempt_at=now if settings.SENDS_EMAIL else None,
        )
        for cause, record in records.items()
        if cause not in told
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
