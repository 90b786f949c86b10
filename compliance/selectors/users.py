from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import Caller, User
from compliance.selectors.scope import users_visible_to
from ledger.errors import NotFound


def get_user(*, caller: Caller, user_id: UUID) -> User:
    """One user within the caller's scope.

    Raises:
        NotFound: no such user, or none that the caller may see.
    """
    user = users_visible_to(caller).filter(id=user_id).first()
    if user is None:
        raise NotFound
    return user


def find_users(
    *, caller: Caller, team_id: UUID | None = None, role: str | None = None, status: str | None = None
) -> QuerySet[User]:
    """The users within the caller's scope that match every filter given."""
    wanted: dict[str, Any] = {"team_id": team_id, "role": role, "status": status}
    return users_visible_to(caller).filter(**{name: value for name, value in wanted.items() if value is not None})
