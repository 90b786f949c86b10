from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import Caller, User
from compliance.selectors.scope import people_visible_to
from ledger.errors import NotFound


def get_user(*, caller: Caller, user_id: UUID) -> User:
    """One user within the caller's scope.

    Raises:
        NotFound: no such user, or none that the caller may see.
    """
    user = people_visible_to(caller).filter(id=user_id).first()
    if user is None:
        raise NotFound
    return user


def find_users(
    *, caller: Caller, team_id: UUID | None = None, role: str | None = None, status: str | None = None
) -> QuerySet[User]:
    """The users within the caller's scope that match every filter given."""
    wanted: dict[str, Any] = {"team_id": team_id, "role": role, "status": status}
    return people_visible_to(caller).filter(**{name: value for name, value in wanted.items() if value is not None})


def members_of(team_ids: Iterable[UUID], *, role: str | None = None) -> list[User]:
    """The people of some teams by name, perhaps only those of a role. Which teams one may see, scopes say."""
    people = User.objects.filter(team_id__in=set(team_ids)).order_by("last_name", "first_name", "id")
    return list(people if role is None else people.filter(role=role))


def find_colleague(caller: Caller, email: str) -> User | None:
    """Whoever has this address in the caller's company, to be named by him; nothing of the record is for showing."""
    return User.objects.filter(company_id=caller.company_id, email=email.strip().lower()).first()
