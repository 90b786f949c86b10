"""The member of staff at the screen, and the rows that he typed the ids of."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from compliance.models import User
from ledger.admin.screens import as_id

Row = TypeVar("Row", bound=Model)


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
