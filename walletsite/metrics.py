"""Figures of the whole installation for /metrics, read when somebody asks for them."""

from __future__ import annotations

import structlog
from django.db import Error
from prometheus_client import Gauge

from ledger.selectors.months import months_ahead

logger = structlog.get_logger(__name__)

MONTHS_AHEAD = Gauge(
    "ledger_months_ahead",
    "Months after the present one that a table has partitions for; 0: the next is missing, -1: the present one is.",
    ["table"],
    multiprocess_mode="mostrecent",
)


def refresh_gauges() -> None:
    """Read the figures anew. Without a database the last ones stand: the other metrics are needed most just then."""
    try:
        ahead = months_ahead()
    except Error as error:
        logger.warning("metrics_without_database", error=type(error).__name__)
        return
    for table, months in ahead.items():
        MONTHS_AHEAD.labels(table).set(months)
