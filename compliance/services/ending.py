"""Ending sessions, so that the next request of any of them is refused."""

from __future__ import annotations

from django.utils import timezone

from compliance.models import LoginSession, SessionEnding, User


def end_sessions_of(user: User, ending: SessionEnding) -> None:
    """End every session of a locked user. The caller saves the user afterwards.

    The rows say when and why. The token version also ends the session that a log-in, which has read the user
    before this, is about to write; and those of the admin (`User.get_session_auth_hash`).
    """
    user.token_version += 1
    LoginSession.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now(), revoked_reason=ending)
