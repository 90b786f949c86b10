"""Another service that listens: a durable queue with everything that we tell, looked into in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kombu import Consumer, Exchange, Queue
from kombu.message import Message

from ledger import events
from ledger.services.consuming import Intake
from tests.chaos.partner import connect

PREFETCH, QUIET_SECONDS = 200, 5
QUEUE = Queue(
    "chaos.listener",
    Exchange(events.EXCHANGE, type="topic", durable=True),
    routing_key="#",
    durable=True,
    queue_arguments={"x-queue-type": "quorum"},
)


@dataclass
class Heard:
    """What arrived.

    Attributes:
        first: the id of each message in the order in which it first came, per subject, with its sequence.
        copies: how often each id came.
    """

    first: dict[str, list[int]] = field(default_factory=dict)
    copies: Counter[str] = field(default_factory=Counter)

    def note(self, message: Mapping[str, Any]) -> None:
        self.copies[message["id"]] += 1
        if self.copies[message["id"]] == 1:
            self.first.setdefault(message["subject"], []).append(int(message["sequence"]))

    def out_of_order(self) -> Sequence[str]:
        """The subjects whose messages did not come in their order, duplicates aside."""
        return [subject for subject, numbers in self.first.items() if numbers != sorted(numbers)]


def declare(broker_url: str, intake: Intake) -> None:
    """The queues of both sides: before they are there, nothing keeps messages."""
    with connect(broker_url) as broker:
        for queue in [QUEUE, intake.dead_queue(), *intake.queues()]:
            queue(broker.default_channel).declare()


def hear_all(broker_url: str) -> Heard:
    """Everything that lies in the queue, in its order."""
    heard = Heard()

    def note(message: Message) -> None:
        heard.note(json.loads(message.body or ""))
        message.ack()

    with connect(broker_url) as broker:
        channel = broker.default_channel
        with Consumer(channel, [QUEUE], on_message=note, auto_declare=False, prefetch_count=PREFETCH):
            while True:
                try:
                    broker.drain_events(timeout=QUIET_SECONDS)
                except TimeoutError:
                    if _length(broker_url, channel, QUEUE.name) == 0:
                        return heard


def lengths(intake: Intake) -> tuple[int, int]:
    """How many messages lie in the service's queue, and among its dead letters."""
    with connect(intake.broker_url) as broker:
        channel, names = broker.default_channel, (intake.queue, f"{intake.queue}.dead")
        waiting, dead = (_length(intake.broker_url, channel, name) for name in names)
    return waiting, dead


def _length(broker_url: str, channel: Any, name: str) -> int:
    """On Valkey, a queue that is empty does not exist."""
    is_rabbitmq = broker_url.startswith("amqp")
    length: int = channel.queue_declare(name, passive=True).message_count if is_rabbitmq else channel._size(name)
    return length
