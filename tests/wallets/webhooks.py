"""Endpoints, deliveries and senders for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from standardwebhooks import Webhook

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.selectors.clock import DatabaseClock, database_now
from tests.ledger.services.test_folding import wait_for_horizon
from tests.wallets.receiver import Received
from wallets.models import Disabling, WebhookDelivery, WebhookEndpoint
from wallets.services.webhooks.endpoints import WithSecret, create_endpoint, disable_endpoint, send_test
from wallets.services.webhooks.fanout import note_deliveries
from wallets.services.webhooks.posting import Answer
from wallets.services.webhooks.sending import Post, Sender

BY_NOBODY = Origin()
SECOND = timedelta(seconds=1)


def make_endpoint(caller: Caller, url: str = "https://hooks.nordwind.example/", *event_types: str) -> WithSecret:
    return create_endpoint(caller=caller, url=url, description="", event_types=list(event_types), origin=BY_NOBODY)


@contextmanager
def listening(caller: Caller, url: str = "https://hooks.nordwind.example/", *event_types: str) -> Iterator[WithSecret]:
    """An endpoint in the real database, silent again in the end: no other test shall send what this one leaves."""
    made = make_endpoint(caller, url, *event_types)
    try:
        yield made
    finally:
        disable_endpoint(endpoint_id=made.endpoint.id, because=Disabling.REQUESTED, origin=BY_NOBODY)


def ping(caller: Caller, endpoint: WebhookEndpoint) -> WebhookDelivery:
    return send_test(caller=caller, endpoint_id=endpoint.id, origin=BY_NOBODY)


def note_all() -> None:
    """Note what has been told until now."""
    wait_for_horizon()
    while note_deliveries().is_behind:
        pass


def answering(*answers: Answer) -> tuple[Post, list[dict[str, Any]]]:
    """What sends to nobody and answers in turn, the last one for ever; and what it was asked to send."""
    asked: list[dict[str, Any]] = []

    def post(target: Any, headers: dict[str, str], body: bytes, **_: Any) -> Answer:
        asked.append({"target": target, "headers": headers, "body": body})
        return answers[min(len(asked), len(answers)) - 1]

    return post, asked


def send_all(post: Post | None = None) -> None:
    """Send until nothing is due."""
    sender = Sender() if post is None else Sender(post=post)
    try:
        while sender.take_turn(patience_seconds=5):
            pass
    finally:
        sender.close()


def make_due(delivery: WebhookDelivery) -> None:
    """As if the wait were over."""
    WebhookDelivery.objects.filter(id=delivery.id).update(next_attempt_at=DatabaseClock() - SECOND)


def wait_of(delivery: WebhookDelivery) -> timedelta:
    """How long it still has to wait."""
    delivery.refresh_from_db()
    assert delivery.next_attempt_at is not None
    return delivery.next_attempt_at - database_now()


def deliveries_of(endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
    """Types and statuses, in the order in which they were noted."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("id")
    return [(row.event_type, row.status) for row in rows]


def verified(secret: str, request: Received) -> dict[str, Any]:
    """The event, as a receiver reads it; raises for a wrong signature."""
    event: dict[str, Any] = Webhook(secret).verify(request.body, request.headers)
    assert event == json.loads(request.body)
    assert event["id"] == request.headers["webhook-id"]
    return event


def ids_of(requests: list[Received]) -> list[UUID]:
    return [UUID(request.headers["webhook-id"]) for request in requests]
