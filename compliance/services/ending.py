"""Ending sessions, so that the next request of any of them is refused."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from compliance.models import LoginSession, SessionEnding, User


def end_sessions_of(user: User, ending: SessionEnding, *, keep: UUID | None = None) -> None:
    """End every session of a locked user. The caller saves the user afterwards.

    The rows say when and why. The token version also ends the session that a log-in, which has read the user
    before this, is about to write; and the cookies of the back office (`User.get_session_auth_hash`).

    Args:
        keep: the session in which somebody does this himself; it goes on. The caller renews its cookie.
    """
    user.token_version += 1
    live = LoginSession.objects.filter(user=user, revoked_at=None)
    if keep is not None:
        live.filter(id=keep).update(token_version=user.token_version)
        live = live.exclude(id=keep)
    live.update(revoked_at=timezone.now(), revoked_reason=ending)
