"""What is done about messages that the broker would not take: two buttons, each with a reason and on record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from compliance.admin.forms import ReasonForm
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin.cells import id_cell
from ledger.admin.outbox import OutboxMessageAdmin
from ledger.admin.scoped import RULES
from ledger.errors import ServiceError
from wallets.admin.finding import found
from wallets.admin.webhooks import TypeFilter
from wallets.services.dead_letters import POSTMASTERS, resend_messages, skip_message

_OFFERED = {"FAILED": {"send_again", "skip"}, "UNROUTED": {"send_again"}}


class MessageTypeFilter(TypeFilter):
    """By the message's type."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(type=self.value())


class DeliveryForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Kept with the message and in the audit trail: write nothing private."


class OutboxScreen(OutboxMessageAdmin):
    list_filter = (*OutboxMessageAdmin.list_filter, MessageTypeFilter)
    list_before_template = "admin/ledger/outboxmessage/find_link.html"
    actions_detail = ("send_again", "skip")

    def get_urls(self) -> list[URLPattern]:
        """With the page that finds what belongs to one event or request."""
        view = self.admin_site.admin_view(self.find)
        return [path("find/", view, name="find_event"), *super().get_urls()]

    def find(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Find an event",
            **found(request, self.scope_of(request)),
        }
        return TemplateResponse(request, "admin/ledger/outboxmessage/find.html", context)

    @admin.display(description="About")
    def about(self, row: Any) -> str:
        """Budgets and limits have their pages on this floor."""
        if row.aggregate_type not in RULES:
            return super().about(row)
        return id_cell(row.aggregate_id, reverse(f"admin:budgets_{row.aggregate_type}_change", args=[row.aggregate_id]))

    def has_deliver_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a message that is visible: Unfold hands over any id that was typed."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in POSTMASTERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this message."""
        if signed_in(request).role not in POSTMASTERS:
            return []
        names = _OFFERED.get(self.visible(request, object_id).status, set())
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Send again",
        permissions=["deliver"],
        dialog={
            "title": "Send this message again?",
            "description": "The relay tries three more times. Later messages of the same wallet follow after it.",
            "form_class": DeliveryForm,
            "form_submit_text": "Send again",
        },
        icon="send",
    )
    def send_again(self, request: HttpRequest, form: DeliveryForm, object_id: str) -> HttpResponse:
        row, reason = self.visible(request, object_id), form.cleaned_data["reason"]
        if resend_messages([row.id], reason=reason, origin=origin_of_admin(request)):
            messages.success(request, "It will be sent again.")
        else:
            messages.error(request, "There is nothing to send again any more.")
        return _back(row.id)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Skip",
        permissions=["deliver"],
        dialog={
            "title": "Never tell this message?",
            "description": "This is for ever. Later messages of the same wallet are told; consumers see a gap.",
            "form_class": DeliveryForm,
            "form_submit_text": "Skip it",
        },
        icon="skip_next",
        variant=ActionVariant.DANGER,
    )
    def skip(self, request: HttpRequest, form: DeliveryForm, object_id: str) -> HttpResponse:
        row, reason = self.visible(request, object_id), form.cleaned_data["reason"]
        try:
            skip_message(row.id, reason=reason, origin=origin_of_admin(request))
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "It is skipped.")
        return _back(row.id)


def _back(message_id: UUID) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": reverse("admin:ledger_outboxmessage_change", args=[message_id])})
