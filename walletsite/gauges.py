"""Figures that are measured when somebody asks for them, whichever process answers."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.db import Error
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ledger.selectors.inbox import inbox_backlog
from ledger.selectors.job_runs import last_runs
from ledger.selectors.months import months_ahead
from ledger.selectors.sealed_logs import RECORDS
from ledger.selectors.seals import seal_backlog
from wallets.selectors.notification_emails import email_backlog
from walletsite.delivery_gauges import DeliveryGauges
from walletsite.schedule import scheduled_jobs

logger = structlog.get_logger(__name__)


class _SealGauges(Collector):
    """How far behind sealing is. Without a database there is no figure, and the other metrics are served all the
    same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            backlog, records = seal_backlog(), seal_backlog(RECORDS)
        except Error as error:
            logger.warning("gauge_failed", gauge="seals", reason=type(error).__name__)
            return
        yield GaugeMetricFamily(
            "wallet_unsealed_events", "Events that no seal covers yet, up to 100,000.", backlog.unsealed
        )
        if backlog.age_seconds is not None:
            text = "Since the last seal. It grows while there is nothing to seal: alarm on it and on unsealed events."
            yield GaugeMetricFamily("wallet_seconds_since_seal", text, backlog.age_seconds)
        text = "Audit and access records that no seal covers yet, up to 100,000."
        yield GaugeMetricFamily("wallet_unsealed_records", text, records.unsealed)
        text = "Since when the oldest audit or access record waits for a seal: alarm on it alone."
        yield GaugeMetricFamily("wallet_unsealed_records_age_seconds", text, records.oldest_seconds)


class _InboxGauges(Collector):
    """How the events of other services are getting on."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            backlog = inbox_backlog()
        except Error as error:
            logger.warning("gauge_failed", gauge="inbox", reason=type(error).__name__)
            return
        yield GaugeMetricFamily("wallet_inbox_pending", "Events that wait or are tried again.", backlog.pending)
        yield GaugeMetricFamily("wallet_inbox_failed", "Dead letters that nobody has dealt with.", backlog.failed)
        yield GaugeMetricFamily("wallet_inbox_missed", "Numbers of sources that were given up.", backlog.missed)
        age = backlog.age_seconds or 0
        yield GaugeMetricFamily("wallet_inbox_age_seconds", "Since when the oldest pending event waits.", age)


class _EmailGauges(Collector):
    """How the e-mails to people are getting on."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            backlog = email_backlog()
        except Error as error:
            logger.warning("gauge_failed", gauge="emails", reason=type(error).__name__)
            return
        yield GaugeMetricFamily("wallet_emails_due", "E-mails that should have been sent by now.", backlog.due)
        text = "For how long the oldest of them has been due."
        yield GaugeMetricFamily("wallet_emails_oldest_due_seconds", text, backlog.oldest_seconds)
        yield GaugeMetricFamily("wallet_emails_failed", "E-mails given up, of the last 90 days.", backlog.failed)


class _JobGauges(Collector):
    """Whether the regular jobs run, and what those found that check the ledger. What never was has no figure."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        since = GaugeMetricFamily(
            "wallet_job_seconds_since_success", "Since the last run of a job that went well.", labels=["job"]
        )
        broken = GaugeMetricFamily(
            "ledger_invariant_violations", "Invariants that the last check found broken: zero.", labels=["check"]
        )
        try:
            runs = last_runs(scheduled_jobs())
        except Error as error:
            logger.warning("gauge_failed", gauge="jobs", reason=type(error).__name__)
            return
        for run in runs:
            if run.seconds_since_success is not None:
                since.add_metric([run.job], run.seconds_since_success)
            if run.done is not None and "broken" in run.done:
                broken.add_metric([run.job], run.done["broken"])
        yield from (since, broken)


class _MonthGauges(Collector):
    """How far ahead the large tables have their months (ADR 0023)."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            ahead = months_ahead()
        except Error as error:
            logger.warning("gauge_failed", gauge="months", reason=type(error).__name__)
            return
        text = "Months after the present one that a table has: 0 when the next is missing, -1 when the present one is."
        family = GaugeMetricFamily("wallet_months_ahead", text, labels=["table"])
        for table, months in ahead.items():
            family.add_metric([table], months)
        yield family


_REGISTRY = CollectorRegistry()
_REGISTRY.register(DeliveryGauges())
_REGISTRY.register(_SealGauges())
_REGISTRY.register(_InboxGauges())
_REGISTRY.register(_EmailGauges())
_REGISTRY.register(_JobGauges())
_REGISTRY.register(_MonthGauges())


def gauges() -> bytes:
    """The figures of this moment, in Prometheus' text format."""
    return generate_latest(_REGISTRY)
