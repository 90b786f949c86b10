"""The outbox, published: to the embedded Valkey, and to a real RabbitMQ where one listens."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from kombu import Connection, Exchange, Queue
from kombu.exceptions import OperationalError as BrokerError
from kombu.message import Message

from ledger import events
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.services import relay
from ledger.services.movements import AccountStatus, Side
from ledger.services.relay import leadership, publish_pending
from tests.ledger.books import Books, post, status_change
from tests.ledger.sessions import answers, together

RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
NOBODY = "redis://127.0.0.1:1"
"""Nothing listens on port 1."""


@pytest.fixture
def quiet_books(books: Books) -> Books:
    """Books whose messages are the only ones that wait (in this transaction)."""
    OutboxMessage.objects.filter(status="PENDING").update(status="FAILED")
    return books


@pytest.fixture(params=["Valkey", "RabbitMQ"])
def broker_url(request: pytest.FixtureRequest) -> str:
    if request.param == "Valkey":
        return str(settings.BROKER_URL)
    address = urlsplit(RABBITMQ)
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        pytest.skip(f"NOT TESTED AGAINST RABBITMQ: none listens at {address.hostname}:{address.port}")
    return RABBITMQ


class Consumer:
    """A queue of its own, bound before anything is published."""

    def __init__(self, broker: Connection, pattern: str) -> None:
        exchange = Exchange(events.EXCHANGE, type="topic", durable=True)
        name = f"test-{new_id()}"
        self._queue = Queue(name, exchange, routing_key=pattern, durable=False, auto_delete=True)(
            broker.default_channel
        )
        self._queue.declare()

    def drain(self) -> list[Message]:
        """Everything that has arrived."""
        return list(iter(lambda: self._queue.get(no_ack=True), None))

    def delete(self) -> None:
        self._queue.delete()


@contextmanager
def listening(broker_url: str, pattern: str = "#") -> Iterator[Consumer]:
    with Connection(broker_url, connect_timeout=5) as broker:
        consumer = Consumer(broker, pattern)
        try:
            yield consumer
        finally:
            consumer.delete()


def pending() -> int:
    return OutboxMessage.objects.filter(status="PENDING").count()


def some_news(books: Books) -> tuple[Side, Side]:
    alice, bob = books.wallet("100"), books.wallet()
    for _ in range(3):
        post(books.transfer(alice, bob, "1"), books.transfer(bob, alice, "0.5"), books.transfer(bob, alice, "50"))
    post(status_change(bob, AccountStatus.FROZEN))
    return alice, bob


def content(message: Message) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(message.body or "")
    return decoded


def test_everything_is_published_once_and_in_order(quiet_books: Books, broker_url: str) -> None:
    alice, bob = some_news(quiet_books)
    waiting = pending()
    with listening(broker_url) as consumer:
        assert publish_pending(broker_url) == waiting
        assert publish_pending(broker_url) == 0
        arrived = [content(message) for message in consumer.drain()]
    assert len(arrived) == waiting
    for wallet in (alice, bob):
        told = [message for message in arrived if message["subject"] == str(wallet.wallet_id)]
        assert [int(message["sequence"]) for message in told] == list(range(1, len(told) + 1))
    assert {message["id"] for message in arrived} == {
        str(id) for id in OutboxMessage.objects.filter(status="PUBLISHED", attempts=1).values_list("id", flat=True)
    }


def test_a_message_arrives_as_a_cloud_event_under_its_routing_key(quiet_books: Books, broker_url: str) -> None:
    quiet_books.wallet()
    row = OutboxMessage.objects.get(status="PENDING")
    with listening(broker_url, "wallet.WalletCreated") as consumer:
        publish_pending(broker_url)
        (message,) = consumer.drain()
    assert message.content_type == "application/cloudevents+json"
    assert (message.properties["message_id"], message.properties["delivery_mode"]) == (str(row.id), 2)
    assert content(message)["data"] | row.data == content(message)["data"]
    published = OutboxMessage.objects.get(id=row.id)
    assert (published.status, published.attempts, published.error) == ("PUBLISHED", 1, "")
    assert OutboxMessage.objects.filter(id=row.id, published_at__isnull=False).exists()


def test_who_asks_for_one_kind_gets_one_kind(quiet_books: Books, broker_url: str) -> None:
    some_news(quiet_books)
    with listening(broker_url, "*.TransactionFailed") as consumer:
        publish_pending(broker_url)
        assert {content(message)["type"] for message in consumer.drain()} == {"TransactionFailed"}


def test_without_a_broker_nothing_is_lost(quiet_books: Books) -> None:
    some_news(quiet_books)
    waiting = pending()
    with pytest.raises(BrokerError):
        publish_pending("amqp://guest:guest@127.0.0.1:1//")
    assert pending() == waiting
    with listening(settings.BROKER_URL) as consumer:
        assert publish_pending(settings.BROKER_URL) == waiting
        assert len(consumer.drain()) == waiting


def test_when_the_broker_goes_away_midway_what_had_arrived_is_marked(
    quiet_books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_news(quiet_books)
    waiting = pending()
    publish, arrived = relay._publish, 0

    def publish_three(*args: Any) -> None:
        nonlocal arrived
        if arrived == 3:
            raise BrokerError("gone")
        publish(*args)
        arrived += 1

    monkeypatch.setattr(relay, "_publish", publish_three)
    with listening(settings.BROKER_URL) as consumer:
        with pytest.raises(BrokerError, match="gone"):
            publish_pending(settings.BROKER_URL)
        assert pending() == waiting - 3
        monkeypatch.undo()
        publish_pending(settings.BROKER_URL)
        arrived_ids = [content(message)["id"] for message in consumer.drain()]
    assert len(arrived_ids) == len(set(arrived_ids)) == waiting


def test_of_two_relays_one_leads(committed_db: None) -> None:
    def lead() -> bool:
        with leadership() as leader:
            return leader

    with leadership() as leader:
        assert leader
        assert answers(together([lead, lead])) == [False, False]
    (successor,) = answers(together([lead]))
    assert successor


@pytest.fixture
def signals_kept() -> Iterator[None]:
    """The command listens to signals; the test run has its own ways with them."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_kept")
def test_the_command_empties_the_outbox(quiet_books: Books) -> None:
    some_news(quiet_books)
    call_command("relay_outbox", "--once")
    assert pending() == 0


@pytest.mark.usefixtures("signals_kept")
def test_the_command_reports_a_broker_that_is_away(
    quiet_books: Books, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_news(quiet_books)
    waiting = pending()
    monkeypatch.setattr("ledger.management.commands.relay_outbox.connection.close", lambda: None)
    with override_settings(BROKER_URL=NOBODY):
        call_command("relay_outbox", "--once")
    assert pending() == waiting
    assert "relay_failed" in caplog.text
