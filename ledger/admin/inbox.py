"""Events of other services: what became of them, and what is decided about those that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from ledger.admin.cells import EMPTY, id_cell, json_cell, label_cell
from ledger.admin.scoped import ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter
from ledger.errors import ServiceError
from ledger.models import InboxEvent
from ledger.selectors.scope import inbox_within

Decide = Callable[[HttpRequest, UUID, str], str]
"""Does it for the member of staff behind a request, for a reason; what to tell him."""


class DecisionForm(BaseDialogForm):  # type: ignore[misc]  # Unfold is untyped
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Kept in the audit trail: write no names and nothing private.",
    )


RETRY: dict[str, Any] = {
    "title": "Try this event again?",
    "description": "What it calls for is done now, if it can be done by now.",
    "form_class": DecisionForm,
    "form_submit_text": "Try again",
}
IGNORE: dict[str, Any] = {
    "title": "Ignore this event?",
    "description": "This is for ever: what it says is forgotten, and what it calls for is never done.",
    "form_class": DecisionForm,
    "form_submit_text": "Ignore",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the floors above know about people and events.

    Attributes:
        may_decide: whether the member of staff behind a request decides about events.
        record_look: writes down that he is shown what an event says.
        retry, ignore: what the two buttons do.
    """

    may_decide: Callable[[HttpRequest], bool]
    record_look: Callable[[HttpRequest, UUID, str], None]
    retry: Decide
    ignore: Decide


class InboxEventAdmin(ScopedAdmin):
    """Attributes:

    desk: given at registration.
    """

    desk: Desk

    rows_within = staticmethod(inbox_within)
    list_display = ("event", "event_type", "source", "status_label", "attempts", "error_code", "received_at", "until")
    list_filter = ("status", RecordedFilter)
    search_ids = ("id", "transaction_id")
    search_words = ("event_id",)
    search_help_text = "Whole id of an event or transaction"
    fields = (
        ("id", "event_type"),
        ("source", "event_id", "sequence"),
        ("status_label", "attempts"),
        ("occurred_at", "received_at", "processed_at"),
        ("next_attempt_at", "waiting_for"),
        ("error_code", "error_detail"),
        ("transaction", "delivered"),
        "payload_json",
    )
    actions_detail = ("retry", "ignore")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        row: InboxEvent = options["obj"]
        if row.payload is not None and row.company_id is not None:
            self.desk.record_look(request, row.id, row.event_type)
        return super().render_change_form(request, context, **options)

    @admin.display(description="Event")
    def event(self, row: InboxEvent) -> str:
        return id_cell(row.id)

    @admin.display(description="Status")
    def status_label(self, row: InboxEvent) -> str:
        return label_cell(row.status)

    @admin.display(description="Next try")
    def until(self, row: InboxEvent) -> Any:
        return row.next_attempt_at or EMPTY

    @admin.display(description="Transaction")
    def transaction(self, row: InboxEvent) -> str:
        return link_to("transaction", row.transaction_id)

    @admin.display(description="Delivered by")
    def delivered(self, row: InboxEvent) -> str:
        return "The broker" if row.delivered_by is None else id_cell(row.delivered_by)

    @admin.display(description="What it says")
    def payload_json(self, row: InboxEvent) -> str:
        """While it is kept, and of the reader's own company only: of whom nobody knows, it may name anybody."""
        return EMPTY if row.payload is None or row.company_id is None else json_cell(row.payload)

    # -- What is done. Each has a dialog: without one, Unfold runs actions on GET.

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if object_id is not None:
            self.visible(request, object_id)
        return self.desk.may_decide(request)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this event."""
        if not self.desk.may_decide(request):
            return []
        row = self.visible(request, object_id)
        names = {"ignore"} if row.status in ("FAILED", "PENDING") else set()
        if names and row.payload is not None:
            names.add("retry")
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Try again", permissions=["decide"], dialog=RETRY, icon="replay"
    )
    def retry(self, request: HttpRequest, form: DecisionForm, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, form.cleaned_data["reason"], self.desk.retry)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Ignore", permissions=["decide"], dialog=IGNORE, icon="block", variant=ActionVariant.DANGER
    )
    def ignore(self, request: HttpRequest, form: DecisionForm, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, form.cleaned_data["reason"], self.desk.ignore)

    def _decide(self, request: HttpRequest, object_id: str, reason: str, decide: Decide) -> HttpResponse:
        row = self.visible(request, object_id)
        try:
            messages.success(request, decide(request, row.id, reason))
        except ServiceError as error:
            messages.error(request, error.detail)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:ledger_inboxevent_change", args=[row.id])})
