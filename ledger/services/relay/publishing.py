"""The relay's work, round by round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection
from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
)

from ledger.models import OutboxMessage
from ledger.models import Relay as Report
from ledger.selectors.clock import DatabaseClock
from ledger.services.relay.broker import Broker, BrokerAway
from ledger.services.relay.deliveries import Delivery, due_messages, record_deliveries
from ledger.services.relay.leading import leadership, sleep_until_news
from ledger.services.relay.numbering import number_messages

logger = structlog.get_logger(__name__)

FAILURES_UNTIL_OPEN = 3
SECONDS_OPEN = 10
SLEEP_SECONDS = 1
"""Between two looks, should no notification come (a pooler may swallow them); also how soon a retry is noticed."""
NAP_SECONDS = 0.02
BEAT_INTERVAL = timedelta(seconds=5)
LONGEST_ERROR = 1_000
_STATES = {
    STATE_CLOSED: Report.Breaker.CLOSED,
    STATE_OPEN: Report.Breaker.OPEN,
    STATE_HALF_OPEN: Report.Breaker.HALF_OPEN,
}


class Relay:
    """Numbers the messages, and publishes those that are due.

    A broker that is away costs nobody anything: messages keep their attempts, after three failures in a row nobody
    even tries for ten seconds, and numbering goes on, for who reads the stream over HTTP.

    Args:
        broker: where to.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._breaker = CircuitBreaker(
            fail_max=FAILURES_UNTIL_OPEN,
            reset_timeout=SECONDS_OPEN,
            exclude=[lambda error: not isinstance(error, BrokerAway)],
            listeners=[_Reporter()],
            throw_new_error_on_trip=False,
        )

    def serve(self, stopping: Event) -> None:
        """Work until told to stop, through losses of the database and of the leadership."""
        while not stopping.is_set():
            try:
                with leadership() as leads:
                    if leads:
                        self._lead(stopping)
            except (OperationalError, InterfaceError) as error:
                logger.warning("relay_lost_database", error=type(error).__name__, detail=str(error).splitlines()[:1])
                connection.close()
            stopping.wait(SLEEP_SECONDS)

    def empty(self) -> int:
        """Number and publish until nothing is due.

        Returns:
            How many messages were handed over; 0 also when another process leads.

        Raises:
            BrokerAway: what is left is as it was.
        """
        handed_over = 0
        with leadership() as leads:
            while leads and (number_messages() + (settled := self._publish())):
                handed_over += settled
        return handed_over

    def _lead(self, stopping: Event) -> None:
        logger.info("relay_leads")
        while not stopping.is_set():
            is_busy = bool(self.round())
            if not is_busy and not sleep_until_news(SLEEP_SECONDS):
                stopping.wait(NAP_SECONDS)

    def round(self) -> int:
        """One batch.

        Returns:
            How many messages were numbered or handed over. 0: nothing to do for now.
        """
        numbered = number_messages()
        try:
            settled = self._breaker.call(self._publish)
        except BrokerAway as error:
            logger.warning("relay_broker_away", detail=str(error))
            settled = 0
        except CircuitBreakerError:
            settled = 0
        if settled:
            logger.info("relay_handed_over", messages=settled)
        else:
            _beat()
        return numbered + settled

    def _publish(self) -> int:
        """Hand over what is due, wave after wave, and mark what is known, also when the broker goes away midway."""
        deliveries: list[Delivery] = []
        try:
            for wave in _waves(due_messages(), deliveries):
                self._broker.publish(wave, deliveries.append)
        finally:
            record_deliveries(deliveries)
        return len(deliveries)


def publish_again(broker: Broker, messages: Iterable[OutboxMessage]) -> Counter[str]:
    """Publish messages once more, with the ids they had, in the order given. Nothing is marked.

    Returns:
        How many were PUBLISHED, UNROUTED, or refused (FAILED).

    Raises:
        BrokerAway: somewhere on the way.
    """
    outcomes: Counter[str] = Counter()
    for message in messages:
        broker.publish([message], lambda delivery: outcomes.update([delivery.outcome.value]))
    return outcomes


def _waves(messages: Sequence[OutboxMessage], deliveries: Sequence[Delivery]) -> Iterator[list[OutboxMessage]]:
    """Each wave has one message of every aggregate at most, so that within a wave order does not matter. Where one was
    refused, nothing follows."""
    while messages:
        refused = {d.message.aggregate_id for d in deliveries if d.outcome == OutboxMessage.Status.FAILED}
        wave: dict[UUID, OutboxMessage] = {}
        rest = []
        for message in messages:
            if message.aggregate_id in refused:
                continue
            if message.aggregate_id in wave:
                rest.append(message)
            else:
                wave[message.aggregate_id] = message
        if wave:
            yield list(wave.values())
        messages = rest


def _beat() -> None:
    """Every few seconds: it is for people, and for alarms that count minutes."""
    Report.objects.exclude(beat_at__gte=DatabaseClock() - BEAT_INTERVAL).update(beat_at=DatabaseClock())


class _Reporter(CircuitBreakerListener):
    """Writes down how the broker is doing, where every process can read it."""

    def __init__(self) -> None:
        self._may_have_failed = True  # another process may have left its last error

    def state_change(self, _breaker: CircuitBreaker, _old: Any, new: Any) -> None:
        logger.warning("relay_breaker", state=new.name)
        Report.objects.update(breaker=_STATES[new.name])

    def failure(self, _breaker: CircuitBreaker, error: BaseException) -> None:
        self._may_have_failed = True
        Report.objects.update(error=str(error)[:LONGEST_ERROR])

    def success(self, breaker: CircuitBreaker) -> None:
        if self._may_have_failed:
            Report.objects.update(error="", breaker=_STATES[breaker.current_state])
            self._may_have_failed = False
