"""`POST /v1/inbox/events`: the same door as the broker's, for services that would rather speak HTTP."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.parsing import CloudEventParser, StrictJSONParser
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.services.inbox import Delivery, Receipt, receive
from wallets.services.incoming import HANDLERS, IncomingCloudEvent, IncomingEvent, read_event

STATUSES = ("PENDING", "PROCESSED", "FAILED", "IGNORED")

BODY_EXAMPLE = {
    "event_id": "booking-service-000042",
    "event_type": "BookingCreated",
    "source": "booking-service",
    "timestamp": "2026-03-14T16:05:11Z",
    "sequence": 42,
    "data": {
        "booking_id": "B-4711",
        "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
        "amount": "12.50",
        "currency": "EUR",
        "category": "travel",
        "description": "Train to Hamburg",
    },
}
CLOUD_EVENT_EXAMPLE = {
    "specversion": "1.0",
    "id": "booking-service-000043",
    "type": "BookingCreated",
    "source": "booking-service",
    "time": "2026-03-14T16:05:11Z",
    "data": {
        "booking_id": "B-4712",
        "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
        "amount": "80.00",
        "currency": "EUR",
        "hold": True,
        "expires_in": 3600,
    },
}
EXAMPLE = {
    "inbox_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "event_id": "booking-service-000042",
    "event_type": "BookingCreated",
    "source": "booking-service",
    "status": "PROCESSED",
    "attempts": 0,
    "waiting_for": "",
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "error": None,
    "received_at": "2026-03-14T16:05:12.000000Z",
    "processed_at": "2026-03-14T16:05:12.000000Z",
}


class InboxError(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class InboxAnswer(serializers.Serializer[Any]):
    inbox_id = serializers.UUIDField()
    event_id = serializers.CharField()
    event_type = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field: the metaclass takes it off the class
    status = serializers.ChoiceField(STATUSES)
    attempts = serializers.IntegerField()
    waiting_for = serializers.CharField(allow_blank=True)
    txn_id = serializers.UUIDField(allow_null=True)
    error = InboxError(allow_null=True)
    received_at = serializers.DateTimeField()
    processed_at = serializers.DateTimeField(allow_null=True)


class InboxEventsView(ServiceView):
    policy = {"POST": allow("SYSTEM", scope="events:write")}
    parser_classes = (StrictJSONParser, CloudEventParser)

    @operation(
        "Hand in an event of another service",
        body=IncomingEvent,
        answer=InboxAnswer,
        status=202,
        codes=("idempotency.key_reused", "lock.timeout"),
        body_example=BODY_EXAMPLE,
        other_bodies={CloudEventParser.media_type: (IncomingCloudEvent, CLOUD_EVENT_EXAMPLE)},
        example=EXAMPLE,
        description="What it calls for is done in the same request where that is possible; `status` says what became "
        "of it. PENDING: it waits for something (`waiting_for`) or is tried again by itself. FAILED: `error` says why, "
        "and finance decides. IGNORED: nobody here knows this type. The same event again gets its present status and "
        "changes nothing; another event under the same `source` and `event_id` gets 422. A CloudEvent 1.0 in "
        "structured mode is the same event in another form; its extensions are ignored.",
    )
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        delivery = Delivery(account_id=caller.id, company_id=caller.company_id)
        return Response(receipt_view(receive(read_event(request.data), delivery, HANDLERS)), status=202)


def receipt_view(receipt: Receipt) -> dict[str, Any]:
    error = {"code": receipt.error_code, "detail": receipt.error_detail} if receipt.error_code else None
    return {
        "inbox_id": receipt.id,
        "event_id": receipt.event_id,
        "event_type": receipt.event_type,
        "source": receipt.source,
        "status": receipt.status,
        "attempts": receipt.attempts,
        "waiting_for": receipt.waiting_for,
        "txn_id": receipt.transaction_id,
        "error": error,
        "received_at": rfc3339(receipt.received_at),
        "processed_at": rfc3339(receipt.processed_at),
    }
