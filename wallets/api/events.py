"""`/v1/events`: the stream of messages, for programs that rather ask than listen to a broker."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import IdField
from ledger.api.pagination import MAX_LIMIT, PaginationInvalid, PagingField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery, pointer_to
from ledger.api.views import ServiceView
from ledger.selectors.scope import Scope
from ledger.selectors.stream import cloud_event, messages_after, position_of
from wallets.selectors.scope import ledger_scope

EXAMPLE = {
    "specversion": "1.0",
    "id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0b2",
    "source": "/wallet-service",
    "type": "TransactionCompleted",
    "subject": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "time": "2026-03-14T16:05:12Z",
    "sequence": "8",
    "datacontenttype": "application/json",
    "dataschema": "urn:wallet-service:events:TransactionCompleted:v1",
    "data": {
        "event_type": "TransactionCompleted",
        "timestamp": "2026-03-14T16:05:12Z",
        "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
        "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
        "amount": "12.5",
        "currency": "EUR",
        "type": "TRANSFER_OUT",
        "reference_id": "",
        "reference_type": "",
        "new_balance": "113",
    },
}


class AfterField(IdField):
    """The id of a message; whatever is not one is `pagination.invalid`."""

    def refuse(self, detail: str, code: str = "pagination.invalid") -> Any:
        super().refuse(detail, code)


class StreamQuery(StrictQuery):
    limit = PagingField(min_value=1, max_value=MAX_LIMIT, default=50, help_text="How many at most.")
    after = AfterField(required=False, help_text="`id` of the last message that you have. Without it: from the start.")


class CloudEventAnswer(serializers.Serializer[Any]):
    specversion = serializers.CharField()
    id = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field: the metaclass takes it off the class
    type = serializers.CharField()
    subject = serializers.UUIDField()
    time = serializers.DateTimeField()
    sequence = serializers.CharField()
    datacontenttype = serializers.CharField()
    dataschema = serializers.CharField(help_text="What `data` look like: type and version, as in docs/events.")
    data = serializers.DictField()  # type: ignore[assignment]  # likewise


class StreamAnswer(serializers.Serializer[Any]):
    data = CloudEventAnswer(many=True)  # type: ignore[assignment]  # likewise


class EventsView(ServiceView):
    policy = {"GET": allow("FINANCE", "AUDITOR", "SYSTEM", scope="events:read")}

    @operation(
        "Read the stream of messages",
        query=StreamQuery,
        answer=StreamAnswer,
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE]},
        description="The messages of your company as they are published, in the same order. Go on with the `id` of "
        "the last one you have; an empty list means that there is nothing new yet. No message is skipped and none "
        "comes twice.",
    )
    def get(self, request: Request) -> Response:
        scope, query = ledger_scope(caller_of(request)), self.query(StreamQuery)
        found = messages_after(scope, _position(scope, query), limit=query["limit"])
        return Response({"data": [json.loads(cloud_event(message)) for message in found]})


def _position(scope: Scope, query: dict[str, Any]) -> int:
    if "after" not in query:
        return 0
    position = position_of(scope, query["after"])
    if position is None:
        raise PaginationInvalid("There is no such message, or none any more.", pointer=pointer_to("after"))
    return position
