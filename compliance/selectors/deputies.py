"""Who stands in for whom (ADR 0037)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Expression, Q, QuerySet, Value

from compliance.core.access import DEPUTY_ROLES
from compliance.models import Caller, Deputy, User, UserStatus
from ledger.selectors.clock import DatabaseClock


def principals_of(user: User, at: datetime | None = None) -> list[User]:
    """The people for whom somebody stands in at an instant (None = now), in the order in which it was given; one query.

    None for who does not work here any more, or has a role with which one stands in for nobody; and without those who
    do not work here themselves any more: nobody decides for who could not decide himself.
    """
    if not user.is_active or user.role not in DEPUTY_ROLES:
        return []
    instant = DatabaseClock() if at is None else Value(at)
    standing = _lasting(instant).filter(deputy=user).select_related("principal").order_by("id")
    return list(dict.fromkeys(row.principal for row in standing))


def deputies_of(principal_ids: Iterable[UUID]) -> dict[UUID, list[User]]:
    """Who stands in now for each of some people, with their companies; one query. As in `principals_of`, both have to
    work here, and the deputy to have a role with which one stands in for others."""
    able = {"deputy__status": UserStatus.ACTIVE, "deputy__role__in": DEPUTY_ROLES}
    rows = _lasting(DatabaseClock()).filter(principal_id__in=set(principal_ids), **able)
    found = defaultdict[UUID, list[User]](list)
    for row in rows.select_related("deputy__company").order_by("id"):
        found[row.principal_id].append(row.deputy)
    return found


def managers_stood_in_for(caller: Caller) -> QuerySet[Deputy]:
    """By what a caller looks after other managers' teams just now; for scopes to be built from."""
    return _lasting(DatabaseClock()).filter(deputy_id=caller.id, principal__role="MANAGER")


def state_of(row: Deputy, now: datetime) -> str:
    """PLANNED, ACTIVE or ENDED."""
    if row.ended_at is not None or now >= row.ends_at:
        return "ENDED"
    return "PLANNED" if now < row.starts_at else "ACTIVE"


def _lasting(at: Expression) -> QuerySet[Deputy]:
    not_ended = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    return Deputy.objects.filter(not_ended, starts_at__lte=at, ends_at__gt=at, principal__status=UserStatus.ACTIVE)
