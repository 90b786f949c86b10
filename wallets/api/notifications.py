"""`/v1/notifications` and `/v1/notification-preferences`: what somebody is told, and how he wants to be told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from compliance.models import User
from ledger.api.fields import FlagField, IdField, WordField
from ledger.api.pagination import MAX_LIMIT, PageQuery, page_of, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from wallets.core.notification_kinds import ALWAYS_IN_APP, Kind, Ways
from wallets.models import Notification
from wallets.selectors.notifications import all_ways_of, inbox_of, unread_of, words_of
from wallets.services.notifications.keeping import mark_read, set_preferences

KINDS = tuple(kind.value for kind in Kind)
EXAMPLE = {
    "notification_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0f1",
    "kind": "SPEND_REFUSED",
    "title": "A payment of 80.00 EUR was refused",
    "text": "Nothing was moved. There was not enough money.",
    "facts": {
        "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
        "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
        "code": "funds.insufficient",
        "amount": "80",
        "currency": "EUR",
    },
    "occurred_at": "2026-03-14T16:05:12.000000Z",
    "created_at": "2026-03-14T16:05:20.000000Z",
    "read_at": None,
}
_WISH = {"kind": "SPEND_REFUSED", "in_app": True, "email": True}
_WAYS_EXAMPLE = {"preferences": [{**_WISH, "is_in_app_fixed": False}]}


class InboxQuery(PageQuery):
    order = WordField(("asc", "desc"), default="desc", help_text="By creation: newest or oldest first.")
    unread = FlagField(default=False, help_text="Only those that are not read.")


class NotificationAnswer(serializers.Serializer[Any]):
    """`title` and `text` are for people; programs look at `kind` and `facts`."""

    notification_id = serializers.UUIDField()
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField()
    text = serializers.CharField()
    facts = serializers.DictField(child=serializers.CharField())
    occurred_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class ReadBody(StrictSerializer):
    """Either of the two."""

    ids = serializers.ListField(child=IdField(), allow_empty=False, max_length=MAX_LIMIT, required=False)
    all = FlagField(required=False)


class ReadAnswer(serializers.Serializer[Any]):
    """How many were unread until now."""

    marked = serializers.IntegerField()


class WishBody(StrictSerializer):
    kind = WordField(KINDS)
    in_app = FlagField()
    email = FlagField()


class PreferencesBody(StrictSerializer):
    preferences = serializers.ListField(child=WishBody(), allow_empty=True, max_length=len(KINDS))


class WaysAnswer(serializers.Serializer[Any]):
    """`is_in_app_fixed`: the inbox cannot be switched off."""

    kind = serializers.ChoiceField(KINDS)
    in_app = serializers.BooleanField()
    email = serializers.BooleanField()
    is_in_app_fixed = serializers.BooleanField()


class PreferencesAnswer(serializers.Serializer[Any]):
    preferences = WaysAnswer(many=True)


def notification_view(row: Notification) -> dict[str, Any]:
    words = words_of(row)
    return {
        "notification_id": str(row.id),
        "kind": row.kind,
        "title": words.title,
        "text": words.body,
        "facts": row.facts,
        "occurred_at": rfc3339(row.occurred_at),
        "created_at": rfc3339(row.created_at),
        "read_at": rfc3339(row.read_at),
    }


def preferences_view(ways: dict[Kind, Ways]) -> dict[str, Any]:
    rows = [
        {
            "kind": kind.value,
            "in_app": ways[kind].in_app,
            "email": ways[kind].email,
            "is_in_app_fixed": kind in ALWAYS_IN_APP,
        }
        for kind in Kind
    ]
    return {"preferences": rows}


def person_of(request: Request) -> User:
    user = caller_of(request)
    assert isinstance(user, User), "services are told nothing"
    return user


class NotificationsView(ServiceView):
    policy = {"GET": allow(*PEOPLE)}

    @operation(
        "List your notifications",
        query=InboxQuery,
        answer=page_of(NotificationAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="The newest first, of the last 90 days. Nobody sees those of others, whatever the role.",
    )
    def get(self, request: Request) -> Response:
        user, query = person_of(request), self.query(InboxQuery)
        rows = unread_of(user) if query["unread"] else inbox_of(user)
        return Response(paginate(rows, query).body(notification_view))


class ReadView(ServiceView):
    policy = {"POST": allow(*PEOPLE)}

    @operation(
        "Mark your notifications as read",
        body=ReadBody,
        answer=ReadAnswer,
        body_example={"ids": [EXAMPLE["notification_id"]]},
        example={"marked": 1},
        description="Some by their ids, or with `all: true` those that there are now. What is read already, or is not "
        "yours, is passed over.",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ReadBody)
        if wanted.get("all", False) == ("ids" in wanted):
            raise InvalidInput("Send either ids or all: true.")
        return Response({"marked": mark_read(user=person_of(request), ids=wanted.get("ids"))})


class PreferencesView(ServiceView):
    policy = {"GET": allow(*PEOPLE), "PUT": allow(*PEOPLE)}

    @operation("Show how you are told", answer=PreferencesAnswer, example=_WAYS_EXAMPLE)
    def get(self, request: Request) -> Response:
        return Response(preferences_view(all_ways_of(person_of(request))))

    @operation(
        "Say how you want to be told",
        body=PreferencesBody,
        answer=PreferencesAnswer,
        body_example={"preferences": [_WISH]},
        example=_WAYS_EXAMPLE,
        description="Kinds that are not named are told by their default ways. It holds for what happens from now on. "
        "The inbox cannot be switched off for what happens to a wallet as a whole.",
    )
    def put(self, request: Request) -> Response:
        wanted = self.body(PreferencesBody)["preferences"]
        wishes = {Kind(wish["kind"]): Ways(wish["in_app"], wish["email"]) for wish in wanted}
        if len(wishes) < len(wanted):
            raise InvalidInput("Name each kind once.", pointer="/preferences")
        ways = set_preferences(user=person_of(request), wishes=wishes, origin=origin_of(request))
        return Response(preferences_view(ways))
