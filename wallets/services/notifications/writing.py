"""Rows of the inbox: whom something is told, in the ways that each of them wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from compliance.models import User
from ledger.selectors.clock import database_now
from wallets.core.notification_kinds import Kind, Ways, default_ways
from wallets.models import EmailStatus, Notification
from wallets.selectors.notifications import ways_of


def tell_people(people: Sequence[User], *, kind: Kind, cause: str, facts: Mapping[str, str]) -> None:
    """Tell people of something now, in the open transaction; a cause once per person.

    Args:
        facts: what the text is made of; ids, figures and words, no personal data.
    """
    if not people:
        return
    now, wishes = database_now(), ways_of({user.id for user in people})
    rows = [
        row_for(user, wishes.get((user.id, kind)), kind=kind, cause=cause, facts=facts, occurred_at=now, now=now)
        for user in people
    ]
    Notification.objects.bulk_create([row for row in rows if row is not None], ignore_conflicts=True)


def row_for(
    user: User,
    wished: Ways | None,
    *,
    kind: Kind,
    cause: str,
    facts: Mapping[str, str],
    occurred_at: datetime,
    now: datetime,
) -> Notification | None:
    """A notification for somebody, not saved; None if he does not want it in any way.

    Args:
        wished: how he wants to be told of this kind; None = he has not said.
    """
    ways = wished or default_ways(kind)
    is_mailed = ways.email and settings.SENDS_EMAIL
    if not (ways.in_app or is_mailed):
        return None
    return Notification(
        user=user,
        kind=kind,
        cause=cause,
        facts=dict(facts),
        in_app=ways.in_app,
        occurred_at=occurred_at,
        email_status=EmailStatus.PENDING if is_mailed else EmailStatus.NONE,
        email_next_attempt_at=now if is_mailed else None,
    )
