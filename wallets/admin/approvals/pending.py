"""What waits for approval, on the page of what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from compliance.admin.staff import signed_in
from ledger.admin.screens import ReadOnlyAdmin
from wallets.admin.approvals.pages import approval_url, names_for, person_cell, title_of
from wallets.admin.approvals.words import steps_words
from wallets.selectors.approvals import pending_on


@dataclass(frozen=True, slots=True)
class Pending:
    """One line at the top of a page. `url` is empty for who sees the object but not who has asked what and why."""

    title: str
    maker: str
    needs: str
    since: datetime
    until: datetime
    url: str


def pending_lines(request: HttpRequest, target_id: UUID) -> list[Pending]:
    """What waits for approval on an object that the reader sees."""
    found = pending_on(target_id, signed_in(request))
    if not found:
        return []
    owners = names_for(request, found)
    return [
        Pending(
            title=title_of(approval),
            maker=person_cell(owners, approval.requested_role, approval.requested_by),
            needs=steps_words(approval.steps),
            since=approval.created_at,
            until=approval.expires_at,
            url=approval_url(approval.id) if approval.is_visible else "",
        )
        for approval in found
    ]


class ShowsPending(ReadOnlyAdmin):
    """A screen whose pages say at the top what waits for approval there."""

    change_form_outer_before_template = "admin/approvals/pending.html"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Looked up once for a page: its buttons ask for the same row as its fields."""
        found: dict[str, Any] = request.__dict__.setdefault("found_objects", {})
        if object_id not in found:
            found[object_id] = super().get_object(request, object_id, from_field)
        return found[object_id]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        context["pending"] = pending_lines(request, options["obj"].id)
        return super().render_change_form(request, context, **options)
