"""What is deleted by age. Audit and access records never are (R216)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from compliance.models import LoginSession
from compliance.services.throttle import purge_failures

SESSION_RETENTION = timedelta(days=30)
"""How long an ended log-in stays visible (R217)."""


def purge_log_ins() -> dict[str, int]:
    """Delete log-ins that ended long ago, failed ones that no limit counts any more, and sessions of the back office
    that are over. Safe to repeat.

    Returns:
        How many rows of each kind.
    """
    sessions, _ = LoginSession.objects.filter(expires_at__lt=timezone.now() - SESSION_RETENTION).delete()
    desks, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return {"sessions": sessions, "desk_sessions": desks, "failures": purge_failures()}
