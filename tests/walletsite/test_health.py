"""The three addresses for operators."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from ledger import redis
from ledger.services.read_models import refresh_read_models
from tests.compliance.factories import make_cast
from tests.wallets.webhooks import BY_NOBODY, make_endpoint, ping
from wallets.services.webhooks.deliveries import skip_delivery
from walletsite import health


@pytest.fixture
def nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be reached."""

    def refuse() -> None:
        raise psycopg.OperationalError("connection to server at db.internal failed: password=secret")

    monkeypatch.setattr(connection, "ensure_connection", refuse)


def test_health_lives_without_a_database(client: Client) -> None:
    """No database mark: a query would fail this test."""
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_reports_each_part(client: Client) -> None:
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "months": "ok", "cache": "ok", "broker": "ok"},
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("nobody_is_there")
def test_without_a_database_nothing_is_ready_and_nothing_leaks(client: Client) -> None:
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == answer.json()["checks"]["migrations"] == "failed"
    assert answer.headers["Retry-After"] == "1"
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrations_of_this_version", lambda: frozenset({("ledger", "9999_next")}))
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"


@pytest.mark.django_db
def test_a_database_that_turned_forgetful_is_not_ready(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REQUIRE_DURABLE_DATABASE = True
    monkeypatch.setattr(health, "durability_faults", lambda _connection: ["fsync is off"])
    assert client.get("/ready").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_a_broker_that_is_away_is_reported_but_not_fatal(client: Client, settings: Settings, url: str) -> None:
    settings.BROKER_URL = url
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "failed")


@pytest.mark.django_db
def test_a_cache_that_is_away_is_reported_but_not_fatal(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_operation: Any) -> None:
        raise redis.RedisUnavailable

    monkeypatch.setattr(redis, "call", unavailable)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["cache"]) == (200, "failed")


@pytest.mark.django_db
def test_a_month_that_is_missing_is_an_alarm_but_not_fatal(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(health, "tables_without_next_month", lambda: ["ledger_event"])
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["months"]) == (200, "failed")
    (alarm,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert "ledger_event" in alarm.getMessage()


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_they_are_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_metrics_answer_this_machine(client: Client) -> None:
    answer = client.get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == 200
    assert b"django_http_requests" in answer.content


def read_model_ages(client: Client) -> dict[str, str]:
    content = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    return dict(re.findall(r'^read_model_age_seconds\{read_model="(\w+)"\} (\S+)$', content, re.MULTILINE))


@pytest.mark.django_db
def test_metrics_tell_how_old_the_read_models_are(client: Client) -> None:
    refresh_read_models()
    ages = read_model_ages(client)
    assert set(ages) == {"user_balance_summary", "transaction_summary"}
    assert all(0 <= int(age.removesuffix(".0")) < 60 for age in ages.values())


@pytest.mark.django_db
def test_metrics_tell_how_far_behind_the_webhooks_are(client: Client) -> None:
    cast = make_cast()
    for _ in range(3):
        ping(cast.frida, make_endpoint(cast.frida).endpoint)
    skipped = ping(cast.frida, make_endpoint(cast.frida).endpoint)
    skip_delivery(delivery=skipped, origin=BY_NOBODY, reason="A test.")
    content = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    told = dict(re.findall(r"^(webhook_\w+) (\S+)$", content, re.MULTILINE))
    assert (told["webhook_deliveries_due"], told["webhook_deliveries_failed"]) == ("3.0", "0.0")
    assert 0 <= float(told["webhook_oldest_due_seconds"]) < 60


@pytest.mark.django_db
def test_metrics_answer_without_a_database_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused")

    assert read_model_ages(client)
    monkeypatch.setattr(health, "freshness", refuse)
    assert read_model_ages(client) == {}


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.5", {}),
        ("203.0.113.5", {"Authorization": "Bearer wrong"}),
        ("203.0.113.5", {"Authorization": "Bearer "}),
        ("203.0.113.5", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.5"}),
        ("", {}),
    ],
)
@pytest.mark.parametrize("token", ["", "a-token-of-the-operator"])
def test_metrics_are_not_there_for_strangers(
    client: Client, settings: Settings, address: str, headers: dict[str, str], token: str
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == 404


@pytest.mark.django_db
def test_metrics_answer_whoever_has_the_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-operator"
    headers = {"Authorization": "Bearer a-token-of-the-operator"}
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.5", headers=headers).status_code == 200
