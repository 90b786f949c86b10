"""The outbox, published: to the embedded Valkey, and to a real RabbitMQ."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from ledger.models import OutboxMessage
from ledger.models import Relay as Report
from ledger.services.relay import Broker, BrokerAway, Relay, publishing
from tests.ledger.books import Books
from tests.ledger.brokers import NOBODY, content, listening, pending, some_news, statuses


def test_everything_is_published_once_and_in_order(quiet_books: Books, broker: Broker) -> None:
    alice, bob = some_news(quiet_books)
    waiting = pending()
    with listening(broker.url) as consumer:
        assert Relay(broker).empty() == waiting
        assert Relay(broker).empty() == 0
        arrived = [content(message) for message in consumer.drain()]
    assert len(arrived) == waiting
    for wallet in (alice, bob):
        told = [message for message in arrived if message["subject"] == str(wallet.wallet_id)]
        assert [int(message["sequence"]) for message in told] == list(range(1, len(told) + 1))
    assert {message["id"] for message in arrived} == {
        str(id) for id in OutboxMessage.objects.filter(status="PUBLISHED", attempts=1).values_list("id", flat=True)
    }


def test_a_message_arrives_as_a_cloud_event_under_its_routing_key(quiet_books: Books, broker: Broker) -> None:
    quiet_books.wallet()
    row = OutboxMessage.objects.get(status="PENDING")
    with listening(broker.url, "wallet.WalletCreated") as consumer:
        Relay(broker).empty()
        (message,) = consumer.drain()
    assert message.content_type == "application/cloudevents+json"
    assert (message.properties["message_id"], message.properties["delivery_mode"]) == (str(row.id), 2)
    assert content(message)["data"] | row.data == content(message)["data"]
    published = OutboxMessage.objects.get(id=row.id)
    assert (published.status, published.attempts, published.error) == ("PUBLISHED", 1, "")
    assert published.published_at is not None


def test_who_asks_for_one_kind_gets_one_kind(quiet_books: Books, broker: Broker) -> None:
    some_news(quiet_books)
    with listening(broker.url, "*.TransactionFailed") as consumer:
        Relay(broker).empty()
        assert {content(message)["type"] for message in consumer.drain()} == {"TransactionFailed"}


def test_what_nobody_is_bound_for_is_kept_and_counted(quiet_books: Books, broker: Broker) -> None:
    """It holds nobody up, and it is not told as published."""
    before = Report.objects.get()
    wallet = quiet_books.wallet("5")
    with listening(broker.url, "wallet.WalletCreated") as consumer:
        Relay(broker).empty()
        assert consumer.of(wallet) == [1]
    assert statuses(wallet) == ["PUBLISHED", "UNROUTED"]
    after = Report.objects.get()
    assert (after.published - before.published, after.unrouted - before.unrouted) == (1, 1)


def test_without_a_broker_nothing_is_lost(quiet_books: Books, broker: Broker) -> None:
    some_news(quiet_books)
    waiting = pending()
    with pytest.raises(BrokerAway):
        Relay(Broker(NOBODY if broker.url.startswith("amqp") else "redis://127.0.0.1:1")).empty()
    assert pending() == waiting
    assert set(OutboxMessage.objects.filter(status="PENDING").values_list("attempts", "error")) == {(0, "")}
    with listening(broker.url) as consumer:
        assert Relay(broker).empty() == waiting
        assert len(consumer.drain()) == waiting


def test_what_arrived_before_the_broker_went_is_marked(quiet_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    some_news(quiet_books)
    waiting, broker, sent = pending(), Broker(settings.BROKER_URL), 0
    publish = broker.publish

    def publish_two_waves(*args: object) -> None:
        nonlocal sent
        if sent == 2:
            raise BrokerAway("gone")
        publish(*args)  # type: ignore[arg-type]
        sent += 1

    monkeypatch.setattr(broker, "publish", publish_two_waves)
    with listening(settings.BROKER_URL) as consumer:
        with pytest.raises(BrokerAway, match="gone"):
            Relay(broker).empty()
        assert 0 < pending() < waiting
        monkeypatch.undo()
        Relay(broker).empty()
        arrived = [content(message)["id"] for message in consumer.drain()]
    assert len(arrived) == len(set(arrived)) == waiting


def test_a_large_backlog_goes_batch_by_batch(quiet_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.services.relay.deliveries.BATCH", 4)
    monkeypatch.setattr("ledger.services.relay.numbering.BATCH", 3)
    alice, bob = some_news(quiet_books)
    with listening(settings.BROKER_URL) as consumer:
        relay, rounds = Relay(Broker(settings.BROKER_URL)), 0
        while relay.round():
            rounds += 1
        arrived = [content(message) for message in consumer.drain()]
    assert rounds > 3
    for wallet in (alice, bob):
        told = [int(message["sequence"]) for message in arrived if message["subject"] == str(wallet.wallet_id)]
        assert told == list(range(1, len(told) + 1))


def test_the_command_empties_the_outbox(quiet_books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    some_news(quiet_books)
    waiting = pending()
    call_command("relay_outbox", "--once")
    assert pending() == 0
    assert f"{waiting} messages" in capsys.readouterr().out


def test_the_command_reports_a_broker_that_is_away(quiet_books: Books) -> None:
    some_news(quiet_books)
    waiting = pending()
    with override_settings(BROKER_URL=NOBODY), pytest.raises(CommandError, match="away"):
        call_command("relay_outbox", "--once")
    assert pending() == waiting


def test_an_idle_relay_shows_that_it_lives(quiet_books: Books) -> None:
    Report.objects.update(beat_at=None)
    relay = Relay(Broker(settings.BROKER_URL))
    assert relay.round() == 0
    assert Report.objects.get().beat_at is not None
    assert publishing.BEAT_INTERVAL.total_seconds() < 60  # docs/operations.md alarms after a minute
