"""Whose personal data the pages of the back office show: written down once a page, before it leaves (R189, R190)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from compliance.api.origin import origin_of_admin
from compliance.core.origin import Origin
from compliance.services.audit import record_looks

PERSONAL_LIST = ("email", "first_name", "last_name")
PERSONAL_DETAIL = (*PERSONAL_LIST, "phone", "date_of_birth", "nationality", "language", "timezone")


@dataclass(frozen=True, slots=True)
class PageLooks:
    """What a page shows of people: the names of the fields, by whose they are."""

    origin: Origin
    context: str
    fields: dict[UUID, set[str]] = field(default_factory=dict)

    def write(self) -> None:
        """If that fails, the page must not be handed out: `DeskMiddleware` calls it."""
        record_looks(origin=self.origin, looks=self.fields, context=self.context)


def note_looks(request: HttpRequest, subject_ids: Iterable[UUID], fields: tuple[str, ...] = PERSONAL_LIST) -> None:
    """Say that the page which answers this request shows these people's data; several parts of a page may say so."""
    kept: Any = request
    if not hasattr(kept, "looks"):
        kept.looks = PageLooks(origin_of_admin(request), f"{request.method} {request.path}"[:200])
    for subject_id in subject_ids:
        kept.looks.fields.setdefault(subject_id, set()).update(fields)
