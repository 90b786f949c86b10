"""Notifications in the back office: one's own to read, and for those who run things what became of the e-mails."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from compliance.admin.staff import row_or_404, signed_in
from ledger.admin.cells import EMPTY, id_cell, label_cell
from ledger.admin.screens import EndlessPaginator, ReadOnlyAdmin, RecordedFilter
from wallets.models import Notification, NotificationEmail
from wallets.selectors.notification_emails import emails_visible_to
from wallets.selectors.notifications import MOST_COUNTED, count_unread, inbox_of, words_of
from wallets.services.notifications.keeping import mark_read

READ = {"title": "Mark this as read?", "description": "It stays in the list.", "form_submit_text": "Mark as read"}
READ_ALL = {**READ, "title": "Mark all as read?", "description": "All that are there now. They stay in the list."}


def unread_badge(request: HttpRequest) -> str:
    """How many notifications wait for whoever is signed in, for the navigation; nothing when none do."""
    count = count_unread(signed_in(request))
    return f"{count}+" if count == MOST_COUNTED else str(count or "")


class UnreadFilter(admin.SimpleListFilter):
    title = "read"
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Not read yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(read_at__isnull=True) if self.value() == "yes" else queryset


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """One's own, of nobody else."""

    list_display = ("title", "text", "read", "occurred_at")
    list_filter = (UnreadFilter, "kind", RecordedFilter)
    paginator = EndlessPaginator
    sortable_by = ()
    search_ids = ("id",)
    search_help_text = "Whole id of a notification"
    ordering = ("-created_at", "-id")
    fields = (("title", "read"), "text", ("kind", "occurred_at"), ("id", "read_at"))
    actions_list = ("read_all",)
    actions_detail = ("mark_as_read",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return inbox_of(signed_in(request))

    @admin.display(description="What")
    def title(self, row: Notification) -> str:
        return words_of(row).title

    @admin.display(description="Text")
    def text(self, row: Notification) -> str:
        return words_of(row).body

    @admin.display(description="Status")
    def read(self, row: Notification) -> str:
        return label_cell("UNREAD" if row.read_at is None else "READ")

    @action(description="Mark all as read", dialog=READ_ALL, icon="done_all")  # type: ignore[untyped-decorator]
    def read_all(self, request: HttpRequest, form: object) -> HttpResponse:
        return self._marked(request, mark_read(user=signed_in(request), ids=None))

    def has_keep_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Everybody keeps his own inbox. What is in somebody else's is not there."""
        row_or_404(self.get_queryset(request), object_id)
        return True

    @action(description="Mark as read", permissions=["keep"], dialog=READ, icon="done")  # type: ignore[untyped-decorator]
    def mark_as_read(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._marked(request, mark_read(user=signed_in(request), ids=[row.id]))

    def _marked(self, request: HttpRequest, count: int) -> HttpResponse:
        messages.success(request, f"{count} marked as read.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:wallets_notification_changelist")})


@admin.register(NotificationEmail)
class NotificationEmailAdmin(ReadOnlyAdmin):
    """What became of the e-mails of the company's people: neither their addresses nor what they were told."""

    list_display = ("email", "kind", "to", "status", "email_attempts", "error", "email_next_attempt_at", "created_at")
    list_filter = ("email_status", "kind", RecordedFilter)
    paginator = EndlessPaginator
    sortable_by = ()
    search_ids = ("id", "user_id")
    search_help_text = "Whole id of a notification or user"
    ordering = ("-created_at", "-id")
    fields = (
        ("id", "kind"),
        ("to", "status"),
        ("email_attempts", "error"),
        ("email_next_attempt_at", "email_finished_at"),
        ("occurred_at", "created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationEmail]:
        return emails_visible_to(signed_in(request))

    @admin.display(description="E-mail")
    def email(self, row: NotificationEmail) -> str:
        return id_cell(row.id)

    @admin.display(description="To")
    def to(self, row: NotificationEmail) -> str:
        return id_cell(row.user_id, reverse("admin:compliance_user_change", args=[row.user_id]))

    @admin.display(description="Status")
    def status(self, row: NotificationEmail) -> str:
        return label_cell(row.email_status)

    @admin.display(description="Error")
    def error(self, row: NotificationEmail) -> str:
        return row.email_error or EMPTY
