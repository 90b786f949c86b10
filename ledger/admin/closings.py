from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from ledger.admin.cells import actor_cell, id_cell
from ledger.admin.scoped import ScopedAdmin
from ledger.core.commands import Origin
from ledger.errors import ServiceError
from ledger.models import Closing
from ledger.selectors.scope import closings_within

OriginOf = Callable[[HttpRequest], Origin]


class CloseBooks(Protocol):
    """Closes the books of the company of the member of staff behind a request, as `ledger.services.books` does."""

    def __call__(self, request: HttpRequest, *, closed_until: datetime, reason: str) -> None: ...


class ClosingForm(BaseDialogForm):  # type: ignore[misc]  # Unfold is untyped
    """Up to when, and why; both are kept for ever."""

    closed_until = forms.DateTimeField(
        label="Closed until (UTC)",
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local", "step": "1"}),
        help_text="Nothing counts from before this moment any more. It has to be over.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Kept for ever: write no names and nothing private.",
    )


DIALOG = {
    "title": "Close the books?",
    "description": "This is for ever: a closed period is never opened again, only moved forward.",
    "form_class": ClosingForm,
    "form_submit_text": "Close",
}


class ClosingAdmin(ScopedAdmin):
    """Attributes:

    origin_of: given at registration: who the member of staff behind a request is, as the ledger keeps it.
    closes_books: given at registration: what closes them, and keeps who it was.
    """

    origin_of: OriginOf
    closes_books: CloseBooks

    rows_within = staticmethod(closings_within)
    list_display = ("closing", "closed_until", "reason", "actor", "created_at")
    search_ids = ("id",)
    search_help_text = "Whole id of a closing"
    ordering = ("-created_at", "-id")
    fields = (("id", "closed_until"), "reason", ("actor", "created_at"))
    actions_list = ("close_books",)

    @admin.display(description="Closing")
    def closing(self, row: Closing) -> str:
        return id_cell(row.id)

    @admin.display(description="By")
    def actor(self, row: Closing) -> str:
        return actor_cell(row.actor_type, row.actor_id)

    def has_close_books_permission(self, request: HttpRequest) -> bool:
        return self.origin_of(request).actor_type == "FINANCE"

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Close the books until …", permissions=["close_books"], dialog=DIALOG, icon="lock_clock"
    )
    def close_books(self, request: HttpRequest, form: ClosingForm) -> HttpResponse:
        wanted: dict[str, Any] = form.cleaned_data
        until = wanted["closed_until"]
        try:
            self.closes_books(request, closed_until=until, reason=wanted["reason"])
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"The books are closed until {until:%Y-%m-%d %H:%M:%S} UTC.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:ledger_closing_changelist")})
