"""Figures that live in the database: read when they are asked for, so that they are right in whichever process answers
and also when the process that they are about is dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ledger.selectors.delivery import DeliveryState, delivery_state

logger = structlog.get_logger(__name__)


class DeliveryCollector(Collector):
    """How the telling of the outside is doing; docs/operations.md says when to worry."""

    def collect(self) -> Iterator[Metric]:
        state = delivery_state()
        gauge = GaugeMetricFamily
        yield gauge("wallet_outbox_waiting", "Messages to publish, at most 10000.", state.backlog.waiting)
        yield gauge("wallet_outbox_oldest_seconds", "Age of the oldest of them.", _seconds(state.backlog.age))
        yield gauge("wallet_outbox_dead_letters", "Messages given up, at most 10000.", state.dead_letters)
        yield _deliveries(state)
        breaker = gauge("wallet_relay_breaker", "1 for the state of the circuit breaker.", labels=["state"])
        for name in ("CLOSED", "OPEN", "HALF_OPEN"):
            breaker.add_metric([name], int(state.breaker == name))
        yield breaker
        if state.silence is not None:
            yield gauge("wallet_relay_silent_seconds", "Since the relay was last heard of.", _seconds(state.silence))


def _deliveries(state: DeliveryState) -> CounterMetricFamily:
    counter = CounterMetricFamily("wallet_outbox_deliveries", "What became of messages.", labels=["outcome"])
    for outcome in ("published", "unrouted", "refused"):
        counter.add_metric([outcome], getattr(state, outcome))
    return counter


def _seconds(age: timedelta | None) -> float:
    return 0 if age is None else age.total_seconds()


REGISTRY = CollectorRegistry(auto_describe=False)  # describing would ask the database at the start
REGISTRY.register(DeliveryCollector())


def figures_of_the_database() -> bytes:
    """In Prometheus' text format; nothing while the database cannot be asked."""
    try:
        return generate_latest(REGISTRY)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("metrics without database", reason=type(error).__name__)
        return b""
