"""Setting passwords."""

from __future__ import annotations

from uuid import UUID

from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.locks import lock_user
from compliance.models import SessionEnding, User
from compliance.services.audit import record_change
from compliance.services.ending import end_sessions_of
from compliance.services.users import set_checked_password


def set_password(*, user_id: UUID, password: str, origin: Origin, keep: UUID | None = None) -> User:
    """Give a user a password and end all sessions.

    Args:
        keep: the session in which somebody changes his own password; it goes on.

    Raises:
        InvalidInput: too weak; at `/password`.
    """
    with atomic():
        lock_user(user_id)
        user = User.objects.get(id=user_id)
        set_checked_password(user, password)
        end_sessions_of(user, SessionEnding.PASSWORD_CHANGED, keep=keep)
        user.save()
        record_change(origin=origin, entity=user, event_type="user.password_changed")
    return user
