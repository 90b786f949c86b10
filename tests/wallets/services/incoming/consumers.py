"""Consumer processes, and a publisher for what they shall find."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kombu import Connection, Exchange

from ledger.ids import new_id
from ledger.services.consuming import Intake
from tests.ledger.sessions import wait_until
from tests.wallets.incoming import sent
from walletsite.embedded.places import CHECKOUT

PLAIN = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'consume_events'])"
DIES_BEFORE_ACK = (
    "import os; from kombu.message import Message; Message.ack = lambda *a, **k: os.kill(os.getpid(), 9); " + PLAIN
)
"""Killed between the commit of an event's effect and its acknowledgement, at each message."""


@dataclass(frozen=True)
class Post:
    """An exchange and a queue that no other test uses."""

    broker_url: str
    name: str = field(default_factory=lambda: f"test-{new_id().hex}")

    @property
    def intake(self) -> Intake:
        return Intake(
            broker_url=self.broker_url,
            exchange=f"{self.name}.services",
            exchange_type="topic",
            routing_keys=("#",),
            queue=self.name,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "walletsite.settings",
            "BROKER_URL": self.broker_url,
            "INBOX_EXCHANGE": f"{self.name}.services",
            "INBOX_QUEUE": self.name,
        }

    def declare(self) -> None:
        """What a consumer declares when it starts: before it there is nothing that keeps messages."""
        with Connection(self.broker_url) as broker:
            channel = broker.default_channel
            for queue in [self.intake.dead_queue(), *self.intake.queues()]:
                queue(channel).declare()

    def publish(self, *envelopes: dict[str, Any] | bytes) -> None:
        with Connection(self.broker_url, transport_options=_confirmed(self.broker_url)) as broker:
            producer = broker.Producer(exchange=Exchange(self.intake.exchange, type="topic", durable=True))
            for envelope in envelopes:
                body = envelope if isinstance(envelope, bytes) else sent(envelope)
                key = "broken" if isinstance(envelope, bytes) else f"booking.{envelope['event_type']}"
                producer.publish(body, routing_key=key, content_type="application/json", delivery_mode=2)

    def counts(self) -> tuple[int, int]:
        """How many messages lie in the queue and among the dead letters."""
        with Connection(self.broker_url) as broker:
            channel: Any = broker.default_channel
            names = self.name, f"{self.name}.dead"
            waiting, dead = (channel.queue_declare(name, passive=True).message_count for name in names)
        return waiting, dead


def _confirmed(url: str) -> dict[str, bool]:
    return {"confirm_publish": True} if url.startswith("amqp") else {}


@contextmanager
def consuming(post: Post, code: str = PLAIN) -> Iterator[subprocess.Popen[bytes]]:
    """A consumer process, told to stop at the end if it still lives."""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, env=post.environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(20)


def is_empty(post: Post, *, dead: int = 0) -> bool:
    return post.counts() == (0, dead)


def wait_until_empty(post: Post, *, dead: int = 0) -> None:
    wait_until(lambda: is_empty(post, dead=dead))
