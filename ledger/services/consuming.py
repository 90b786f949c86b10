"""Taking events of other services from the broker, one after the other, at least once (R39, R40, R103).

A message is acknowledged after the commit of what it called for, so a crash brings it again and the inbox knows it.
What cannot be worked on goes to the dead-letter queue and never stands in the way of what comes behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog
from django.db import Error, connection
from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import OperationalError as BrokerError
from kombu.message import Message

from ledger.errors import ServiceError

log = structlog.get_logger(__name__)

PREFETCH = 20
DELIVERY_LIMIT = 100
"""How often RabbitMQ hands out a message whose consumer dies of it."""
DEAD_LETTERS_KEPT_FOR = 14 * 24 * 60 * 60 * 1000
"""Milliseconds. A dead letter may name people, so it does not stay for ever; what it was is in the inbox."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1, 30
LISTENING_SECONDS = 1
HEARTBEAT_SECONDS = 30
CONNECTING_SECONDS = 5

Take = Callable[[bytes], bool]
"""Works on one message; whether it may be acknowledged. Otherwise it is a dead letter. A lost database is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Where events come from.

    Attributes:
        exchange, exchange_type: the other services' one, made when it is missing.
        routing_keys: what of it is wanted.
        queue: ours. `<queue>.dead` are its dead letters.
    """

    broker_url: str
    exchange: str
    exchange_type: str
    routing_keys: tuple[str, ...]
    queue: str

    def queues(self) -> list[Queue]:
        """One queue, bound once per routing key."""
        exchange = Exchange(self.exchange, type=self.exchange_type, durable=True)
        arguments = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.dead_exchange.name,
        }
        return [
            Queue(self.queue, exchange, routing_key=key, durable=True, queue_arguments=arguments)
            for key in self.routing_keys
        ]

    @property
    def dead_exchange(self) -> Exchange:
        return Exchange(f"{self.queue}.dead", type="fanout", durable=True)

    def dead_queue(self) -> Queue:
        arguments = {"x-queue-type": "quorum", "x-message-ttl": DEAD_LETTERS_KEPT_FOR}
        return Queue(f"{self.queue}.dead", self.dead_exchange, durable=True, queue_arguments=arguments)


def consume(intake: Intake, take: Take, stopping: threading.Event) -> None:
    """Take messages until told to stop. Whatever goes away is waited for: the broker, the database.

    While the database is away the connection to the broker is closed, so that messages lie in their queue and not
    here, and other consumers that can work get them.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        began = monotonic()
        try:
            with _connected(intake) as broker:
                _listen(broker, intake, take, stopping)
        except _broker_errors(intake) as error:
            log.warning("consumer_lost_broker", error=type(error).__name__, pause_seconds=pause)
        except (Error, ServiceError) as error:
            log.warning("consumer_lost_database", error=type(error).__name__, pause_seconds=pause)
            connection.close()
        was_well = monotonic() - began > LONGEST_PAUSE_SECONDS
        pause = FIRST_PAUSE_SECONDS if was_well else min(2 * pause, LONGEST_PAUSE_SECONDS)
        stopping.wait(pause)
        while not stopping.is_set() and not _database_answers():
            stopping.wait(pause)


def _connected(intake: Intake) -> Connection:
    """A broker that hangs is noticed: by the heartbeat, or by the time limit of Valkey's socket."""
    options = (
        {}
        if intake.broker_url.startswith("amqp")
        else {"socket_connect_timeout": CONNECTING_SECONDS, "visibility_timeout": 60}
    )
    return Connection(
        intake.broker_url, connect_timeout=CONNECTING_SECONDS, heartbeat=HEARTBEAT_SECONDS, transport_options=options
    )


def _broker_errors(intake: Intake) -> tuple[type[BaseException], ...]:
    kinds = Connection(intake.broker_url)
    return (BrokerError, OSError, *kinds.connection_errors, *kinds.channel_errors)


def _listen(broker: Connection, intake: Intake, take: Take, stopping: threading.Event) -> None:
    broker.ensure_connection(max_retries=1, timeout=CONNECTING_SECONDS)  # the channel below would try for ever
    channel = broker.default_channel
    intake.dead_queue()(channel).declare()
    queues = [queue(channel) for queue in intake.queues()]
    for queue in queues:
        queue.declare()

    def on_message(message: Message) -> None:
        if take(bytes(_body_of(message))):
            message.ack()
        else:
            message.reject(requeue=False)

    consumer = Consumer(channel, queues[:1], on_message=on_message, auto_declare=False, prefetch_count=PREFETCH)
    with consumer:
        log.info("consumer_listens", queue=intake.queue)
        while not stopping.is_set():
            _next(broker)


def _next(broker: Connection) -> None:
    """One message, or none for a while."""
    try:
        broker.drain_events(timeout=LISTENING_SECONDS)
    except TimeoutError:
        broker.heartbeat_check()


def _body_of(message: Message) -> bytes:
    body = message.body or b""
    return body.encode() if isinstance(body, str) else body


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except Error:
        return False
    finally:
        connection.close()
