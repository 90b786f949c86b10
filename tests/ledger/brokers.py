"""Who listens at a broker, and what there is to tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Q
from kombu import Connection, Exchange, Queue
from kombu.message import Message

from ledger import events
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.services.movements import AccountStatus, Side
from tests.ledger.books import Books, post, status_change

NOBODY = "amqp://guest:guest@127.0.0.1:1//"
"""Nothing listens on port 1."""


class Consumer:
    """A durable queue of its own, bound before anything is published."""

    def __init__(self, broker: Connection, pattern: str, arguments: dict[str, Any] | None = None) -> None:
        exchange = Exchange(events.EXCHANGE, type="topic", durable=True)
        self._queue = Queue(f"test-{new_id()}", exchange, routing_key=pattern, durable=True, queue_arguments=arguments)(
            broker.default_channel
        )
        self._queue.declare()

    def drain(self) -> list[Message]:
        """Everything that has arrived."""
        return list(iter(lambda: self._queue.get(no_ack=True), None))

    def of(self, *wallets: Side) -> list[int]:
        """The numbers of what has arrived about wallets."""
        subjects = {str(wallet.wallet_id) for wallet in wallets}
        arrived = [content(message) for message in self.drain()]
        return [int(message["sequence"]) for message in arrived if message["subject"] in subjects]

    def on(self, broker: Connection) -> None:
        """Go on with another connection, the first one being broken."""
        self._queue = self._queue.bind(broker.default_channel)

    def delete(self) -> None:
        self._queue.delete()


@contextmanager
def listening(broker_url: str, pattern: str = "#", arguments: dict[str, Any] | None = None) -> Iterator[Consumer]:
    with Connection(broker_url, connect_timeout=5) as broker:
        consumer = Consumer(broker, pattern, arguments)
        try:
            yield consumer
        finally:
            with Connection(broker_url, connect_timeout=5) as fresh:  # the first one may have been broken
                consumer.on(fresh)
                consumer.delete()


def content(message: Message) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(message.body or "")
    return decoded


def pending() -> int:
    return OutboxMessage.objects.filter(status="PENDING").count()


def of(*wallets: Side) -> Q:
    return Q(aggregate_id__in=[wallet.wallet_id for wallet in wallets])


def statuses(wallet: Side) -> list[str]:
    """Of a wallet's messages, in its order."""
    return list(OutboxMessage.objects.filter(of(wallet)).order_by("sequence").values_list("status", flat=True))


def some_news(books: Books) -> tuple[Side, Side]:
    alice, bob = books.wallet("100"), books.wallet()
    for _ in range(3):
        post(books.transfer(alice, bob, "1"), books.transfer(bob, alice, "0.5"), books.transfer(bob, alice, "50"))
    post(status_change(bob, AccountStatus.FROZEN))
    return alice, bob
