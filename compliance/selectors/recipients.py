"""Who is told of something, and where: read when it is told, so that what has changed since counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from compliance.models import Role, User, UserStatus

_AT_WORK = (UserStatus.ACTIVE, UserStatus.LOCKED)
"""Who is locked out after failed log-ins is to hear all the more."""
_NO_DOMAIN = ".invalid"
"""By RFC 2606 nothing can be sent there."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where somebody gets e-mail, and the zone of his company. It is not for keeping."""

    email: str
    zone: str


def people_by_id(user_ids: Iterable[UUID]) -> dict[UUID, User]:
    """People with their companies; ids of nobody are left out."""
    return {user.id: user for user in User.objects.filter(id__in=set(user_ids)).select_related("company")}


def managers_and_finance(
    team_ids: Iterable[UUID], company_ids: Iterable[UUID]
) -> tuple[dict[UUID, list[User]], dict[UUID, list[User]]]:
    """Those who work: the managers of these teams, and the finance of these companies."""
    wanted = Q(role=Role.MANAGER, team_id__in=set(team_ids)) | Q(role=Role.FINANCE, company_id__in=set(company_ids))
    managers, finance = defaultdict[UUID, list[User]](list), defaultdict[UUID, list[User]](list)
    for user in User.objects.filter(wanted, status__in=_AT_WORK).select_related("company").order_by("id"):
        if user.role == Role.FINANCE:
            finance[user.company_id].append(user)
        elif user.team_id is not None:
            managers[user.team_id].append(user)
    return managers, finance


def addressees(user_ids: Iterable[UUID]) -> dict[UUID, Addressee]:
    """Where people can be written to. Who has left, is not verified or has no real address is left out."""
    rows = User.objects.filter(id__in=set(user_ids), status__in=_AT_WORK).exclude(email__endswith=_NO_DOMAIN)
    found = rows.exclude(email="").values_list("id", "email", "company__timezone")
    return {id: Addressee(email, zone) for id, email, zone in found}
