"""The member of staff at the screen: who it is, and that his looks at other people's data are written down, as in
the interface (R189, R190)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from compliance.api.origin import origin_of_admin
from compliance.models import User
from compliance.services.audit import record_look
from ledger.admin.screens import as_id

Row = TypeVar("Row", bound=Model)
PERSONAL_LIST = ("email", "first_name", "last_name")
PERSONAL_DETAIL = (*PERSONAL_LIST, "phone", "date_of_birth", "nationality", "language", "timezone")


def signed_in(request: HttpRequest) -> User:
    """The member of staff behind a request to the admin."""
    assert isinstance(request.user, User), "the admin lets nobody else through"
    return request.user


def row_or_404(rows: QuerySet[Row], object_id: str | None) -> Row:
    """A row of a screen by the id that was typed, for a permission or a button: nothing of it is shown, so no look is
    recorded. What is not there, or not to be seen, is 404."""
    id = as_id(object_id or "")
    row = None if id is None else rows.filter(pk=id).first()
    if row is None:
        raise Http404
    return row


def record_looks(request: HttpRequest, subject_ids: Iterable[UUID], fields: tuple[str, ...] = PERSONAL_LIST) -> None:
    """Record that the page which answers this request shows these people's data. Call it before the page is made."""
    context = f"{request.method} {request.path}"[:200]
    record_look(origin=origin_of_admin(request), subject_ids=set(subject_ids), fields=fields, context=context)
