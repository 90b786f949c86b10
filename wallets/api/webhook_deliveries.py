"""`/v1/webhook-deliveries`: what was sent to whom, and what they answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from wallets.models import DeliveryStatus, WebhookAttempt, WebhookDelivery
from wallets.selectors.webhooks import deliveries_visible_to, get_delivery, get_endpoint
from wallets.services.webhooks.deliveries import resend_delivery
from wallets.services.webhooks.sending import CONTENT_TYPE, USER_AGENT

STATUSES = tuple(DeliveryStatus.values)
READERS = allow("FINANCE", "COMPLIANCE", "AUDITOR", scope="webhooks:write")
WRITERS = allow("FINANCE", scope="webhooks:write")

DELIVERY_EXAMPLE: dict[str, Any] = {
    "delivery_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "endpoint_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0e1",
    "event_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0b2",
    "event_type": "TransactionCompleted",
    "subject": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "status": "PENDING",
    "attempt_count": 1,
    "next_attempt_at": "2026-03-14T16:05:18.000000Z",
    "created_at": "2026-03-14T16:05:12.000000Z",
    "finished_at": None,
}
_ATTEMPT_EXAMPLE = {
    "number": 1,
    "url": "https://hooks.nordwind.example/wallets",
    "headers": {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": USER_AGENT,
        "webhook-id": DELIVERY_EXAMPLE["event_id"],
        "webhook-timestamp": "1773504312",
    },
    "sent_at": "2026-03-14T16:05:12.640000Z",
    "duration_ms": 184,
    "answer_status": 503,
    "answer_excerpt": "Down for maintenance",
    "error": None,
}
FULL_EXAMPLE = {
    **DELIVERY_EXAMPLE,
    "body": '{"specversion": "1.0", "type": "TransactionCompleted"}',
    "attempts": [_ATTEMPT_EXAMPLE],
}


class DeliveryQuery(PageQuery):
    status = WordField(STATUSES, required=False)


class DeliveryAnswer(serializers.Serializer[Any]):
    """`event_id` is the `webhook-id`, and the event's id everywhere else. While an attempt is under way,
    `next_attempt_at` is when it would be given up for lost."""

    delivery_id = serializers.UUIDField()
    endpoint_id = serializers.UUIDField()
    event_id = serializers.UUIDField()
    event_type = serializers.CharField()
    subject = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    attempt_count = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class AttemptAnswer(serializers.Serializer[Any]):
    """One attempt: what was sent besides the body, and what came back. The signature is not kept."""

    number = serializers.IntegerField()
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    sent_at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField()
    answer_status = serializers.IntegerField(allow_null=True)
    answer_excerpt = serializers.CharField()
    error = serializers.CharField(allow_null=True)


class FullDeliveryAnswer(DeliveryAnswer):
    body = serializers.CharField()
    attempts = AttemptAnswer(many=True)


def delivery_view(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "delivery_id": str(delivery.id),
        "endpoint_id": str(delivery.endpoint_id),
        "event_id": str(delivery.message_id),
        "event_type": delivery.event_type,
        "subject": str(delivery.subject_id),
        "status": delivery.status,
        "attempt_count": delivery.attempts,
        "next_attempt_at": rfc3339(delivery.next_attempt_at),
        "created_at": rfc3339(delivery.created_at),
        "finished_at": rfc3339(delivery.finished_at),
    }


def full_view(delivery: WebhookDelivery) -> dict[str, Any]:
    attempts = [_attempt_view(delivery, attempt) for attempt in delivery.made.all()]
    return {**delivery_view(delivery), "body": delivery.body, "attempts": attempts}


def _attempt_view(delivery: WebhookDelivery, attempt: WebhookAttempt) -> dict[str, Any]:
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": USER_AGENT,
        "webhook-id": str(delivery.message_id),
        "webhook-timestamp": str(int(attempt.sent_at.timestamp())),
    }
    return {
        "number": attempt.number,
        "url": attempt.url,
        "headers": headers,
        "sent_at": rfc3339(attempt.sent_at),
        "duration_ms": attempt.duration_ms,
        "answer_status": attempt.answer_status,
        "answer_excerpt": attempt.answer_excerpt,
        "error": attempt.error or None,
    }


class EndpointDeliveriesView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List the deliveries of a webhook endpoint",
        query=DeliveryQuery,
        answer=page_of(DeliveryAnswer),
        codes=("pagination.invalid",),
        example={"data": [DELIVERY_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Of the last 30 days. `status=FAILED` are those that were given up.",
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        caller, query = caller_of(request), self.query(DeliveryQuery)
        deliveries = deliveries_visible_to(caller).filter(endpoint=get_endpoint(caller, endpoint_id))
        if "status" in query:
            deliveries = deliveries.filter(status=query["status"])
        return Response(paginate(deliveries, query).body(delivery_view))


class DeliveryView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a webhook delivery",
        answer=FullDeliveryAnswer,
        example=FULL_EXAMPLE,
        description="With its body and what came of each attempt. A number that is missing is an attempt whose sender "
        "was ended in it: it may have arrived.",
    )
    def get(self, request: Request, delivery_id: UUID) -> Response:
        return Response(full_view(get_delivery(caller_of(request), delivery_id)))


class ResendView(ServiceView):
    policy = {"POST": WRITERS}

    @operation(
        "Send a webhook delivery again",
        answer=DeliveryAnswer,
        status=202,
        codes=("precondition.failed",),
        example=DELIVERY_EXAMPLE,
        description="At once and with all attempts before it, also one that has arrived. The receiver sees the same "
        "`webhook-id`.",
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        delivery = get_delivery(caller_of(request), delivery_id)
        resend_delivery(delivery=delivery, origin=origin_of(request))
        return Response(delivery_view(delivery), status=202)
