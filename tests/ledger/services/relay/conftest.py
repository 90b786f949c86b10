from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from ledger import events, redis
from ledger.models import OutboxMessage
from ledger.services.relay import Broker
from ledger.services.relay.numbering import number_messages
from tests.ledger.books import Books
from tests.rabbit import Node


@pytest.fixture
def quiet_books(books: Books) -> Books:
    """Books whose messages are the only ones that wait (in this transaction)."""
    while number_messages():
        pass
    OutboxMessage.objects.filter(status="PENDING").update(status="SKIPPED")
    return books


@pytest.fixture
def lone_books(committed_books: Books) -> Books:
    """Books that stay, whose messages are the only ones that wait."""
    while number_messages():
        pass
    OutboxMessage.objects.filter(status="PENDING").update(status="SKIPPED")
    return committed_books


@pytest.fixture(params=["Valkey", "RabbitMQ"])
def broker_url(request: pytest.FixtureRequest) -> str:
    if request.param == "Valkey":
        redis.client().delete(f"_kombu.binding.{events.EXCHANGE}")  # what a killed run may have left
        return str(settings.BROKER_URL)
    node: Node = request.getfixturevalue("rabbitmq")
    return node.url


@pytest.fixture
def broker(broker_url: str) -> Iterator[Broker]:
    broker = Broker(broker_url)
    yield broker
    broker.close()


@pytest.fixture
def rabbit(rabbitmq: Node) -> Iterator[Broker]:
    broker = Broker(rabbitmq.url)
    yield broker
    broker.close()
