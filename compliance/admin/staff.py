"""The member of staff at the screen: who it is, and that his looks at other people's data are written down, as in
the interface (R189, R190)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest

from compliance.api.origin import origin_of_admin
from compliance.models import User
from compliance.services.audit import record_look

PERSONAL_LIST = ("email", "first_name", "last_name")
PERSONAL_DETAIL = (*PERSONAL_LIST, "phone", "date_of_birth", "nationality", "language", "timezone")


def signed_in(request: HttpRequest) -> User:
    """The member of staff behind a request to the admin."""
    assert isinstance(request.user, User), "the admin lets nobody else through"
    return request.user


def record_looks(request: HttpRequest, subject_ids: Iterable[UUID], fields: tuple[str, ...] = PERSONAL_LIST) -> None:
    """Record that the page which answers this request shows these people's data. Call it before the page is made."""
    context = f"{request.method} {request.path}"[:200]
    record_look(origin=origin_of_admin(request), subject_ids=set(subject_ids), fields=fields, context=context)
