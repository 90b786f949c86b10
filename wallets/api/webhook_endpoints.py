"""`/v1/webhook-endpoints`: where a company is told of what happens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import FlagField, StrictField, TextField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from wallets.api.webhook_deliveries import DELIVERY_EXAMPLE, READERS, WRITERS, DeliveryAnswer, delivery_view
from wallets.core.webhook_targets import MAX_URL_LENGTH
from wallets.models import Disabling, WebhookEndpoint
from wallets.selectors.webhooks import EVENT_TYPES, endpoints_visible_to, get_endpoint
from wallets.services.webhooks.endpoints import (
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    renew_secret,
    send_test,
)

EXAMPLE = {
    "endpoint_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0e1",
    "url": "https://hooks.nordwind.example/wallets",
    "description": "Books movements in our ERP.",
    "event_types": ["TransactionCompleted", "TransactionFailed"],
    "is_enabled": True,
    "disabled_at": None,
    "disabled_because": None,
    "failing_since": None,
    "created_at": "2026-03-02T09:30:00.000000Z",
    "updated_at": "2026-03-02T09:30:00.000000Z",
    "version": 1,
}
SECRET_EXAMPLE = {**EXAMPLE, "secret": "whsec_bm90IGEgc2VjcmV0OiB0aGlzIGlzIGFuIGV4YW1wbGU="}
_URL_HELP = "https, without user and fragment; port 443 or 8443. Redirects are not followed."


class UrlField(TextField):
    """The URL of a receiver. Which ones are welcome depends on the installation (`target_of`)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_URL_LENGTH, help_text=_URL_HELP, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": MAX_URL_LENGTH}


class EventTypesField(StrictField):
    """A list of event types, each once."""

    def json_schema(self) -> dict[str, Any]:
        items = {"type": "string", "enum": list(EVENT_TYPES)}
        return {"type": "array", "items": items, "uniqueItems": True, "maxItems": len(EVENT_TYPES)}

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list) or not all(isinstance(name, str) and name in EVENT_TYPES for name in data):
            self.refuse(f"This must be a list of some of {', '.join(EVENT_TYPES)}.")
        if len(set(data)) < len(data):
            self.refuse("Name each event type once.")
        return data


class CreateEndpoint(StrictSerializer):
    url = UrlField()
    description = TextField(max_length=500, min_length=0, default="")
    event_types = EventTypesField(default=list, help_text="Empty = all, also those that come to be later.")


class ChangeEndpoint(StrictSerializer):
    """Only what is named changes."""

    url = UrlField(required=False)
    description = TextField(max_length=500, min_length=0, required=False)
    event_types = EventTypesField(required=False)
    is_enabled = FlagField(required=False)


class EndpointAnswer(serializers.Serializer[Any]):
    """`failing_since`: the first failure after the last success."""

    endpoint_id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    is_enabled = serializers.BooleanField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_because = serializers.ChoiceField(tuple(Disabling.values), allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class EndpointWithSecretAnswer(EndpointAnswer):
    secret = serializers.CharField(help_text="Verifies signatures. It is shown only here.")


def endpoint_view(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "endpoint_id": str(endpoint.id),
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "is_enabled": endpoint.is_enabled,
        "disabled_at": rfc3339(endpoint.disabled_at),
        "disabled_because": endpoint.disabled_because or None,
        "failing_since": rfc3339(endpoint.failing_since),
        "created_at": rfc3339(endpoint.created_at),
        "updated_at": rfc3339(endpoint.updated_at),
        "version": endpoint.version,
    }


class WebhookEndpointsView(ServiceView):
    policy = {"GET": READERS, "POST": WRITERS}

    @operation(
        "List webhook endpoints",
        query=PageQuery,
        answer=page_of(EndpointAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those of the company, disabled ones too.",
    )
    def get(self, request: Request) -> Response:
        page = paginate(endpoints_visible_to(caller_of(request)), self.query(PageQuery))
        return Response(page.body(endpoint_view))

    @operation(
        "Create a webhook endpoint",
        body=CreateEndpoint,
        answer=EndpointWithSecretAnswer,
        status=201,
        codes=("limit.exceeded",),
        body_example={name: EXAMPLE[name] for name in ("url", "description", "event_types")},
        example=SECRET_EXAMPLE,
        is_tagged=True,
        description="It hears of what happens from now on. `secret` is shown only here; how to verify signatures "
        "with it is in docs/webhooks.md.",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(CreateEndpoint)
        made = create_endpoint(caller=caller_of(request), **wanted, origin=origin_of(request))
        view = {**endpoint_view(made.endpoint), "secret": made.secret}
        return tagged(view, made.endpoint.version, status=201)


class WebhookEndpointView(ServiceView):
    policy = {"GET": READERS, "PATCH": WRITERS, "DELETE": WRITERS}

    @operation("Show a webhook endpoint", answer=EndpointAnswer, example=EXAMPLE, is_tagged=True)
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = get_endpoint(caller_of(request), endpoint_id)
        return tagged(endpoint_view(endpoint), endpoint.version)

    @operation(
        "Change a webhook endpoint",
        body=ChangeEndpoint,
        answer=EndpointAnswer,
        codes=("limit.exceeded",),
        body_example={"event_types": [], "is_enabled": True},
        example={**EXAMPLE, "event_types": [], "version": 2},
        takes_version="required",
        is_tagged=True,
        description="Enabled again, it is sent what was due when it was disabled, and hears of what happens from now "
        "on; of what happened in between it is not told (`GET /v1/events` has it).",
    )
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        caller = caller_of(request)
        get_endpoint(caller, endpoint_id)
        expected_version = self.expected_version(required=True)
        changes = self.body(ChangeEndpoint)
        endpoint = change_endpoint(
            caller=caller,
            endpoint_id=endpoint_id,
            changes=changes,
            expected_version=expected_version,
            origin=origin_of(request),
        )
        return tagged(endpoint_view(endpoint), endpoint.version)

    @operation(
        "Disable a webhook endpoint",
        status=204,
        description="Nothing is sent to it any more. It stays visible with its deliveries, and can be enabled again.",
    )
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = get_endpoint(caller_of(request), endpoint_id)
        disable_endpoint(endpoint_id=endpoint.id, because=Disabling.REQUESTED, origin=origin_of(request))
        return Response(status=204)


class WebhookSecretView(ServiceView):
    policy = {"POST": WRITERS}

    @operation(
        "Renew the secret of a webhook endpoint",
        answer=EndpointWithSecretAnswer,
        example={**SECRET_EXAMPLE, "version": 2},
        takes_version="required",
        is_tagged=True,
        description="For 24 hours both the new and the old secret sign each message; then the old one ends. "
        "`secret` is shown only here.",
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        caller = caller_of(request)
        get_endpoint(caller, endpoint_id)
        renewed = renew_secret(
            caller=caller,
            endpoint_id=endpoint_id,
            expected_version=self.expected_version(required=True),
            origin=origin_of(request),
        )
        view = {**endpoint_view(renewed.endpoint), "secret": renewed.secret}
        return tagged(view, renewed.endpoint.version)


class WebhookTestView(ServiceView):
    policy = {"POST": WRITERS}

    @operation(
        "Send a test message to a webhook endpoint",
        answer=DeliveryAnswer,
        status=202,
        codes=("precondition.failed",),
        example={**DELIVERY_EXAMPLE, "event_type": "WebhookTest", "status": "PENDING"},
        description="Of type `WebhookTest`, by the way that all messages take. What came of it is in the delivery.",
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        delivery = send_test(caller=caller_of(request), endpoint_id=endpoint_id, origin=origin_of(request))
        return Response(delivery_view(delivery), status=202)
