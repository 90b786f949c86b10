"""The connection to the broker: RabbitMQ in production, Redis or Valkey otherwise, both through kombu.

RabbitMQ confirms each message once it is safe, and says when nobody is bound. Redis does neither: what it has taken
it may lose in its next crash (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kombu import Connection, Exchange, Producer
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from ledger import events
from ledger.models import OutboxMessage
from ledger.selectors.stream import cloud_event
from ledger.services.relay.deliveries import Delivery

TIMEOUT_SECONDS = 5
"""For connecting, and for any single answer: a broker that hangs is one that is away."""
EXCHANGE = Exchange(events.EXCHANGE, type="topic", durable=True)
NACK = "The broker refused it (nack): a queue is full, or could not store it."
Status = OutboxMessage.Status
Settle = Callable[[Delivery], None]


class BrokerAway(Exception):
    """Nobody there, or no answer in time. Never a message's fault."""


class Broker:
    """A connection that is opened when it is needed and thrown away when it fails.

    Args:
        url: amqp(s)://…, or that of a Redis.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: Connection | None = None
        self._line: _Confirmed | _Unconfirmed | None = None

    def publish(self, messages: Sequence[OutboxMessage], settle: Settle) -> None:
        """Hand messages over, no two of them of one aggregate: which one arrives first is not certain.

        Args:
            settle: is told of each message as soon as its fate is known, also if the broker goes away later.

        Raises:
            BrokerAway: what was not settled may have arrived or not.
        """
        try:
            self._publish(messages, settle)
        except self._faults() as error:
            self.close()
            raise BrokerAway(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Without a word to the other side, which may be hanging."""
        if self._connection is not None:
            self._connection.collect()
        self._connection = self._line = None

    def _publish(self, messages: Sequence[OutboxMessage], settle: Settle) -> None:
        """RabbitMQ answers some faults of a message (its size, for one) by closing the channel, without saying whose
        fault it was. So those without an answer are tried one by one."""
        line = self._open()
        try:
            line.publish(messages, settle)
        except line.refusals as error:
            self._line = None
            unknown = line.unsettled()
            if len(unknown) == 1:
                settle(Delivery(unknown[0], Status.FAILED, f"{type(error).__name__}: {error}"))
                return
            for message in unknown:
                self._publish([message], settle)

    def _open(self) -> _Confirmed | _Unconfirmed:
        if self._connection is None:
            self._connection = _connect(self.url)
        if self._line is None:
            self._line = (_Confirmed if _is_rabbitmq(self.url) else _Unconfirmed)(self._connection)
        return self._line

    def _faults(self) -> tuple[type[BaseException], ...]:
        known = Connection(self.url)
        return (*known.connection_errors, *known.channel_errors, KombuError, RedisError, OSError)


def _is_rabbitmq(url: str) -> bool:
    return url.startswith("amqp")


def _connect(url: str) -> Connection:
    if _is_rabbitmq(url):
        connection = Connection(url, connect_timeout=TIMEOUT_SECONDS)
        connection.connect()
        connection.connection.sock.settimeout(TIMEOUT_SECONDS)
        return connection
    options = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    connection = Connection(url, transport_options=options)
    connection.connect()
    return connection


class _Confirmed:
    """A channel of RabbitMQ in confirm mode. A whole wave is sent before the answers are awaited: one by one, every
    message would wait for the broker's disk (ADR 0025 has the figures)."""

    def __init__(self, connection: Connection) -> None:
        self.refusals: tuple[type[BaseException], ...] = connection.channel_errors
        self._connection = connection
        self._tag = 0
        self._waiting: dict[int, OutboxMessage] = {}
        self._returned: set[str] = set()
        self._settle: Settle | None = None
        channel: Any = connection.channel()
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: self._answered(tag, multiple, ""))
        channel.events["basic_nack"].add(lambda tag, multiple: self._answered(tag, multiple, NACK))
        EXCHANGE(channel).declare()
        self._producer = Producer(channel, exchange=EXCHANGE, on_return=self._came_back)

    def publish(self, messages: Sequence[OutboxMessage], settle: Settle) -> None:
        self._settle = settle
        for number, message in enumerate(messages, start=self._tag + 1):
            self._waiting[number] = message
        for message in messages:
            self._tag += 1
            _send(self._producer, message)
        while self._waiting:
            self._connection.drain_events(timeout=TIMEOUT_SECONDS)

    def unsettled(self) -> list[OutboxMessage]:
        return list(self._waiting.values())

    def _came_back(self, _reason: Exception, _exchange: Any, _routing_key: str, message: Any) -> None:
        """Comes before the answer to the same message."""
        self._returned.add(message.properties["message_id"])

    def _answered(self, tag: int, multiple: bool, error: str) -> None:
        assert self._settle is not None, "only what was published is answered"
        for answered in [number for number in self._waiting if number == tag or (multiple and number < tag)]:
            message = self._waiting.pop(answered)
            is_returned = str(message.id) in self._returned
            self._returned.discard(str(message.id))
            outcome = Status.FAILED if error else Status.UNROUTED if is_returned else Status.PUBLISHED
            self._settle(Delivery(message, outcome, error))


class _Unconfirmed:
    """Redis. Whether somebody is bound is looked up beforehand: kombu drops what has nowhere to go."""

    refusals: tuple[type[BaseException], ...] = ()

    def __init__(self, connection: Connection) -> None:
        self._channel: Any = connection.channel()
        EXCHANGE(self._channel).declare()
        self._producer = Producer(self._channel, exchange=EXCHANGE)

    def publish(self, messages: Sequence[OutboxMessage], settle: Settle) -> None:
        bound, exchange = self._channel.get_table(EXCHANGE.name), self._channel.typeof(EXCHANGE.name)
        for message in messages:
            if exchange.lookup(bound, EXCHANGE.name, _routing_key(message), None):
                _send(self._producer, message)
                settle(Delivery(message, Status.PUBLISHED))
            else:
                settle(Delivery(message, Status.UNROUTED))

    def unsettled(self) -> list[OutboxMessage]:
        return []


def _send(producer: Producer, message: OutboxMessage) -> None:
    producer.publish(
        cloud_event(message),
        routing_key=_routing_key(message),
        content_type=events.CONTENT_TYPE,
        content_encoding="utf-8",
        message_id=str(message.id),
        delivery_mode=2,
        mandatory=True,
    )


def _routing_key(message: OutboxMessage) -> str:
    return events.routing_key(message.aggregate_type, message.type)
