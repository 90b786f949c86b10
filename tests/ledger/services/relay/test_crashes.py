"""Relay and broker killed at the worst moments: nothing is lost, and every wallet's messages stay in order."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from kombu import Connection

from ledger.models import OutboxMessage
from ledger.models import Relay as Report
from ledger.services.movements import Side
from ledger.services.relay import Broker, Relay, broker, publishing
from tests.ledger.books import Books, post
from tests.ledger.brokers import NOBODY, content, listening, of, pending, some_news, statuses
from tests.ledger.services.relay.relays import PATIENCE_SECONDS, relay_process
from tests.ledger.sessions import in_own_session, wait_until
from tests.rabbit import Node


def is_published(wallet: Side, count: int) -> bool:
    return statuses(wallet) == ["PUBLISHED"] * count


def first_seen(numbers: list[int]) -> list[int]:
    """What is left when duplicates are ignored, as consumers do."""
    return list(dict.fromkeys(numbers))


def test_killed_between_publishing_and_marking_it_publishes_again(lone_books: Books, broker_url: str) -> None:
    with listening(broker_url) as consumer:
        wallet = lone_books.wallet("5")
        with relay_process(broker_url, dies_before_marking=True) as process:
            assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        assert statuses(wallet) == ["PENDING", "PENDING"]
        with relay_process(broker_url):
            wait_until(partial(is_published, wallet, 2))
        arrived = [content(message) for message in consumer.drain()]
    mine = [message for message in arrived if message["subject"] == str(wallet.wallet_id)]
    assert first_seen([int(message["sequence"]) for message in mine]) == [1, 2]
    assert len(mine) > 2
    assert len({message["id"] for message in mine}) == 2


def test_a_broker_that_is_killed_while_it_is_told_loses_nothing(lone_books: Books, rabbitmq: Node) -> None:
    wallets = [lone_books.wallet("100") for _ in range(5)]
    rounds = 40

    def pay() -> None:
        for _ in range(rounds):
            post(*(lone_books.payment(wallet, "1") for wallet in wallets))

    with listening(rabbitmq.url) as consumer:
        with relay_process(rabbitmq.url), ThreadPoolExecutor(1) as pool:
            paying = pool.submit(in_own_session, pay)
            try:
                wait_until(lambda: OutboxMessage.objects.filter(of(*wallets), status="PUBLISHED").count() > 50)
            finally:
                rabbitmq.kill()
                rabbitmq.start()
            paying.result()
            wait_until(lambda: all(is_published(wallet, rounds + 2) for wallet in wallets))
        with Connection(rabbitmq.url) as fresh:
            consumer.on(fresh)
            arrived = [content(message) for message in consumer.drain()]
            for wallet in wallets:
                told = [int(m["sequence"]) for m in arrived if m["subject"] == str(wallet.wallet_id)]
                assert first_seen(told) == list(range(1, rounds + 3))


def test_a_broker_that_is_away_is_left_alone_for_a_while(
    quiet_books: Books, rabbitmq: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SECONDS_OPEN", 0.5)
    some_news(quiet_books)
    waiting, tries = pending(), 0
    gone = Broker(NOBODY)
    relay, connect = Relay(gone), broker._connect

    def counted(url: str) -> Connection:
        nonlocal tries
        tries += 1
        return connect(url)

    monkeypatch.setattr(broker, "_connect", counted)
    for _ in range(10):
        relay.round()
    assert tries == publishing.FAILURES_UNTIL_OPEN
    assert (Report.objects.get().breaker, pending()) == ("OPEN", waiting)
    assert "refused" in Report.objects.get().error
    assert set(OutboxMessage.objects.filter(status="PENDING").values_list("attempts", flat=True)) == {0}
    assert not OutboxMessage.objects.filter(status="PENDING", position=None).exists()
    gone.url = rabbitmq.url
    with listening(rabbitmq.url) as consumer:
        wait_until(lambda: relay.round() == 0 and pending() == 0)
        assert len(consumer.drain()) == waiting
    assert (Report.objects.get().breaker, Report.objects.get().error) == ("CLOSED", "")
    gone.close()


def test_a_broker_that_hangs_is_one_that_is_away(
    quiet_books: Books, rabbitmq: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "TIMEOUT_SECONDS", 0.5)
    told = Broker(rabbitmq.url)
    relay = Relay(told)
    with listening(rabbitmq.url) as consumer:
        first = quiet_books.wallet()
        relay.round()
        second = quiet_books.wallet()
        rabbitmq.pause()
        try:
            relay.round()
            assert "imed out" in Report.objects.get().error
            relay.round()
            assert (statuses(first), statuses(second)) == (["PUBLISHED"], ["PENDING"])
        finally:
            rabbitmq.resume()
        relay.round()
        assert statuses(second) == ["PUBLISHED"]
        assert set(consumer.of(second)) == {1}
    told.close()


def test_money_does_not_wait_for_the_broker(lone_books: Books) -> None:
    with relay_process(NOBODY):
        wallet = lone_books.wallet("10")
        wait_until(lambda: Report.objects.get().breaker == "OPEN")
        (outcome,) = post(lone_books.payment(wallet, "1"))
        assert outcome.result is not None
        assert statuses(wallet) == ["PENDING"] * 3
