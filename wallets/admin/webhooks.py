"""Webhooks in the back office: where they go, what was sent, what came back. Secrets are not shown anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from compliance.admin.forms import ReasonForm
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_over_all
from ledger.admin.cells import EMPTY, id_cell, label_cell
from ledger.admin.screens import EndlessPaginator, ReadOnlyAdmin, RecordedFilter, Table
from ledger.errors import ServiceError
from wallets.models import Disabling, WebhookDelivery, WebhookEndpoint
from wallets.selectors.webhooks import EVENT_TYPES, deliveries_visible_to, endpoints_visible_to, with_attempts
from wallets.services.webhooks.deliveries import resend_delivery, skip_delivery
from wallets.services.webhooks.endpoints import TEST_TYPE, disable_endpoint

LAST_DELIVERIES = 15
KEEPERS = roles_over_all("webhooks.keep")


def dialog(title: str, description: str, button: str) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": ReasonForm, "form_submit_text": button}


DISABLE = dialog("Disable this endpoint?", "Nothing is sent to it any more. What is due waits.", "Disable")
RESEND = dialog("Send this again?", "At once; the receiver sees the same webhook-id.", "Send again")
SKIP = dialog("Give this delivery up?", "It is not sent any more. What is under way may arrive.", "Give up")


def delivery_link(row: WebhookDelivery) -> str:
    return id_cell(row.id, reverse("admin:wallets_webhookdelivery_change", args=[row.id]))


class TypeFilter(admin.SimpleListFilter):
    """By the event's type, from a list: Django's own filter would read the whole table for its choices."""

    title = "event type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(name, name) for name in (*EVENT_TYPES, TEST_TYPE)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        return queryset if self.value() is None else queryset.filter(event_type=self.value())


class WebhookScreen(ReadOnlyAdmin):
    """What finance may change, and who else sees the company's may look at. Every change asks why, by a dialog."""

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Unfold hands over any id that was typed, whatever the list hides."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def back_to(self, row: Any) -> HttpResponse:
        url = reverse(f"admin:wallets_{self.opts.model_name}_change", args=[row.id])
        return HttpResponse(headers={"HX-Redirect": url})


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(WebhookScreen):
    list_display = ("endpoint", "url", "description", "status", "failing_since", "created_at")
    list_filter = ("is_enabled", "disabled_because")
    search_ids = ("id",)
    search_parts = ("url", "description")
    search_help_text = "Whole id of an endpoint, or parts of its URL or description"
    ordering = ("-created_at", "-id")
    fields = (
        ("id", "url"),
        ("description", "types"),
        ("status", "disabled_at"),
        ("failing_since", "enabled_at"),
        ("created_at", "updated_at"),
    )
    actions_detail = ("disable",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return endpoints_visible_to(signed_in(request))

    def tables(self, request: HttpRequest, row: WebhookEndpoint) -> list[Table]:
        last = row.deliveries.order_by("-created_at", "-id")[:LAST_DELIVERIES]
        rows = [[d.created_at, d.event_type, label_cell(d.status), d.attempts, delivery_link(d)] for d in last]
        return [Table("Last deliveries", ("When", "Type", "Status", "Attempts", "Delivery"), rows)]

    @admin.display(description="Endpoint")
    def endpoint(self, row: WebhookEndpoint) -> str:
        return id_cell(row.id)

    @admin.display(description="Event types")
    def types(self, row: WebhookEndpoint) -> str:
        return ", ".join(row.event_types) or "all"

    @admin.display(description="Status")
    def status(self, row: WebhookEndpoint) -> str:
        return label_cell("ACTIVE" if row.is_enabled else f"DISABLED_{row.disabled_because}")

    @action(description="Disable", permissions=["keep"], dialog=DISABLE, icon="block")  # type: ignore[untyped-decorator]
    def disable(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        endpoint, reason = self.visible(request, object_id), form.cleaned_data["reason"]
        disable_endpoint(
            endpoint_id=endpoint.id, because=Disabling.REQUESTED, origin=origin_of_admin(request), reason=reason
        )
        messages.success(request, "The endpoint is disabled.")
        return self.back_to(endpoint)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WebhookScreen):
    list_display = ("delivery", "event_type", "to", "status_label", "attempts", "next_attempt_at", "created_at")
    list_filter = ("status", TypeFilter, RecordedFilter)
    paginator = EndlessPaginator
    sortable_by = ()
    search_ids = ("id", "message_id", "subject_id", "endpoint_id")
    search_help_text = "Whole id of a delivery, event, wallet or endpoint"
    ordering = ("-created_at", "-id")
    fields = (
        ("id", "event_type"),
        ("to", "status_label"),
        ("message_id", "subject_id"),
        ("attempts", "next_attempt_at"),
        ("created_at", "finished_at"),
        "body",
    )
    actions_detail = ("resend", "skip")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return with_attempts(deliveries_visible_to(signed_in(request)))

    def tables(self, request: HttpRequest, row: WebhookDelivery) -> list[Table]:
        rows = [
            [
                attempt.number,
                attempt.sent_at,
                attempt.url,
                attempt.answer_status or EMPTY,
                attempt.error or EMPTY,
                f"{attempt.duration_ms} ms",
                attempt.answer_excerpt or EMPTY,
            ]
            for attempt in row.made.all()
        ]
        return [Table("Attempts", ("No.", "Sent", "To", "Answer", "Error", "Took", "Beginning of the answer"), rows)]

    @admin.display(description="Delivery")
    def delivery(self, row: WebhookDelivery) -> str:
        return id_cell(row.id)

    @admin.display(description="Endpoint")
    def to(self, row: WebhookDelivery) -> str:
        return id_cell(row.endpoint_id, reverse("admin:wallets_webhookendpoint_change", args=[row.endpoint_id]))

    @admin.display(description="Status")
    def status_label(self, row: WebhookDelivery) -> str:
        return label_cell(row.status)

    @action(description="Send again", permissions=["keep"], dialog=RESEND, icon="send")  # type: ignore[untyped-decorator]
    def resend(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        delivery, reason = self.visible(request, object_id), form.cleaned_data["reason"]
        try:
            resend_delivery(delivery=delivery, origin=origin_of_admin(request), reason=reason)
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "It is sent again.")
        return self.back_to(delivery)

    @action(description="Give up", permissions=["keep"], dialog=SKIP, icon="skip_next")  # type: ignore[untyped-decorator]
    def skip(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        delivery, reason = self.visible(request, object_id), form.cleaned_data["reason"]
        try:
            skip_delivery(delivery=delivery, origin=origin_of_admin(request), reason=reason)
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "It is given up.")
        return self.back_to(delivery)
