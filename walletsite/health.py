"""Three addresses for those who run the service: does it live, may it get traffic, how is it doing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from secrets import compare_digest
from typing import Literal

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from kombu import Connection
from prometheus_client import Gauge

from ledger import redis
from ledger.selectors.months import tables_without_next_month
from ledger.selectors.read_models import freshness
from wallets.selectors.webhooks import webhook_backlog
from walletsite.connections import durability_faults
from walletsite.gauges import gauges

OK, FAILED = "ok", "failed"
BROKER_TIMEOUT_SECONDS = 1
FORWARDING_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")

READ_MODEL_AGE = Gauge("read_model_age_seconds", "How long ago a read model was read from the ledger.", ["read_model"])
LATEST: Literal["mostrecent"] = "mostrecent"
WEBHOOKS_DUE = Gauge(
    "webhook_deliveries_due", "Webhook deliveries that should have been sent by now.", multiprocess_mode=LATEST
)
WEBHOOKS_AGE = Gauge(
    "webhook_oldest_due_seconds", "For how long the oldest of them has been due.", multiprocess_mode=LATEST
)
WEBHOOKS_FAILED = Gauge(
    "webhook_deliveries_failed", "Webhook deliveries that were given up, of the last 30 days.", multiprocess_mode=LATEST
)

logger = structlog.get_logger(__name__)


class NotReady(Exception):
    """A check found something wrong; the text is for the log, never for the answer."""


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """GET /health: 200 while the process lives. Looks at nothing else, so that a sick database restarts nobody."""
    return JsonResponse({"status": OK})


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """GET /ready: 503 while money cannot be served. What else fails is reported, but money does not wait for it."""
    checks = {"database": _passes(_check_database)}
    checks["migrations"] = _passes(_check_migrations) if checks["database"] else False
    is_ready = all(checks.values())
    checks["months"] = _passes(_check_months) if is_ready else False
    checks |= {"cache": _passes(_check_cache), "broker": _passes(_check_broker)}
    answer = {
        "status": OK if is_ready else FAILED,
        "checks": {name: OK if passed else FAILED for name, passed in checks.items()},
    }
    response = JsonResponse(answer, status=200 if is_ready else 503)
    if not is_ready:
        response.headers["Retry-After"] = "1"
    return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """GET /metrics: for a caller on this machine, or with METRICS_TOKEN as bearer. For others there is nothing here."""
    if not (_comes_from_this_machine(request) or _has_metrics_token(request)):
        raise Http404
    _observe_read_models()
    _observe_webhooks()
    answer: HttpResponse = ExportToDjangoView(request)
    answer.content += gauges()
    return answer


def _observe_read_models() -> None:
    """Ask the database how old the read models are (R279). Without a database there is nothing to tell of them."""
    READ_MODEL_AGE.clear()
    try:
        for name, fresh in freshness().items():
            READ_MODEL_AGE.labels(name).set(fresh.age_seconds)
    except DatabaseError as error:
        logger.warning("read models not observed", reason=type(error).__name__)


def _observe_webhooks() -> None:
    """Ask the database how far behind the webhooks are; without one, the figures stay as they were."""
    try:
        backlog = webhook_backlog()
    except DatabaseError as error:
        logger.warning("webhooks not observed", reason=type(error).__name__)
        return
    WEBHOOKS_DUE.set(backlog.due)
    WEBHOOKS_AGE.set(backlog.oldest_seconds)
    WEBHOOKS_FAILED.set(backlog.failed)


def _passes(check: Callable[[], None]) -> bool:
    """Run one check. Whatever goes wrong is an answer here, and its text stays in the log."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - a check that fails in a new way has failed all the same
        logger.warning(
            "not ready", check=check.__name__.removeprefix("_check_"), reason=f"{type(error).__name__}: {error}"
        )
        return False
    return True


def _check_database() -> None:
    connection.ensure_connection()
    faults = durability_faults(connection.connection)
    if faults and settings.REQUIRE_DURABLE_DATABASE:
        raise NotReady(", ".join(faults))


def _check_migrations() -> None:
    missing = _migrations_of_this_version() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        raise NotReady(f"{len(missing)} migrations are not applied")


@cache
def _migrations_of_this_version() -> frozenset[tuple[str, str]]:
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return frozenset(name for name, migration in disk.items() if not migration.replaces)


def _check_months() -> None:
    """The alarm comes weeks before the fault: beat makes months three ahead, so a missing next one means it stands."""
    missing = tables_without_next_month()
    if missing:
        logger.error("months_missing", tables=missing, remedy="manage.py ensure_partitions")
        raise NotReady(f"the next month is missing: {', '.join(missing)}")


def _check_cache() -> None:
    redis.call(lambda client: client.ping())


def _check_broker() -> None:
    options = {"socket_timeout": BROKER_TIMEOUT_SECONDS, "socket_connect_timeout": BROKER_TIMEOUT_SECONDS}
    is_redis = settings.BROKER_URL.startswith("redis")
    with Connection(
        settings.BROKER_URL,
        connect_timeout=BROKER_TIMEOUT_SECONDS,
        transport_options=options if is_redis else {},
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_SECONDS)


def _comes_from_this_machine(request: HttpRequest) -> bool:
    """Whether nobody stands between: a proxy on this machine would make everybody look local."""
    if any(header in request.META for header in FORWARDING_HEADERS):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_metrics_token(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and compare_digest(given, expected)
