"""How the telling of the outside is doing, read from the database when somebody asks: right in whichever process
answers, and also when the relay is dead. docs/operations.md says when to worry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.db import Error
from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ledger.selectors.delivery import DeliveryState, delivery_state

logger = structlog.get_logger(__name__)


class DeliveryGauges(Collector):
    def collect(self) -> Iterator[Metric]:
        try:
            state = delivery_state()
        except Error as error:
            logger.warning("gauge_failed", gauge="delivery", reason=type(error).__name__)
            return
        yield _gauge("wallet_outbox_waiting", "Messages to publish, at most 10,000.", state.backlog.waiting)
        yield _gauge("wallet_outbox_oldest_seconds", "Age of the oldest of them.", _seconds(state.backlog.age))
        yield _gauge("wallet_outbox_dead_letters", "Messages given up, at most 10,000.", state.dead_letters)
        yield _deliveries(state)
        yield _breaker(state)
        if state.silence is not None:
            yield _gauge("wallet_relay_silent_seconds", "Since the relay was last heard of.", _seconds(state.silence))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value)


def _deliveries(state: DeliveryState) -> CounterMetricFamily:
    counter = CounterMetricFamily("wallet_outbox_deliveries", "What became of messages.", labels=["outcome"])
    for outcome in ("published", "unrouted", "refused"):
        counter.add_metric([outcome], getattr(state, outcome))
    return counter


def _breaker(state: DeliveryState) -> GaugeMetricFamily:
    breaker = GaugeMetricFamily("wallet_relay_breaker", "1 for the state that the breaker is in.", labels=["state"])
    for name in ("CLOSED", "OPEN", "HALF_OPEN"):
        breaker.add_metric([name], int(state.breaker == name))
    return breaker


def _seconds(age: timedelta | None) -> float:
    return 0 if age is None else age.total_seconds()
