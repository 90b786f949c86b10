"""Another service that listens: a durable queue with everything that we tell, looked into in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kombu import Exchange, Queue

from ledger import events
from ledger.services.consuming import Intake
from tests.chaos.partner import connect

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
    heard = Heard()
    with connect(broker_url) as broker:
        queue = QUEUE(broker.default_channel)
        while (message := queue.get(no_ack=True)) is not None:
            heard.note(json.loads(message.body or ""))
    return heard


def lengths(intake: Intake) -> tuple[int, int]:
    """How many messages lie in the service's queue, and among its dead letters."""
    with connect(intake.broker_url) as broker:
        channel: Any = broker.default_channel
        names = intake.queue, f"{intake.queue}.dead"
        if not intake.broker_url.startswith("amqp"):
            return channel._size(names[0]), channel._size(names[1])  # there, a queue that is empty does not exist
        waiting, dead = (channel.queue_declare(name, passive=True).message_count for name in names)
    return waiting, dead
