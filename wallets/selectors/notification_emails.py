"""E-mails to people: what became of them, and how the sending is doing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from compliance.models import Caller
from wallets.models import EmailStatus, NotificationEmail


def emails_visible_to(caller: Caller) -> QuerySet[NotificationEmail]:
    """The e-mails of the caller's company: that they are sent, to whose id, and what became of them."""
    wanted = NotificationEmail.objects.exclude(email_status=EmailStatus.NONE)
    return wanted.filter(user__company_id=caller.company_id).select_related("user")


@dataclass(frozen=True, slots=True)
class EmailBacklog:
    """How much is due, for how long the oldest has been, and how much was given up."""

    due: int
    oldest_seconds: float
    failed: int


_BACKLOG = """
    SELECT count(*) FILTER (WHERE is_due),
        coalesce(extract(epoch FROM statement_timestamp() - min(due_at) FILTER (WHERE is_due)), 0)::float,
        count(*) FILTER (WHERE email_status = 'FAILED')
    FROM (
        SELECT email_status, email_next_attempt_at AS due_at,
            email_status = 'PENDING' AND email_next_attempt_at <= statement_timestamp() AS is_due
        FROM wallets_notification
        WHERE email_status = 'PENDING' OR email_status = 'FAILED'
    ) AS unfinished
"""


def email_backlog() -> EmailBacklog:
    """How the sending is doing, over all companies."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG)
        return EmailBacklog(*cursor.fetchone())
