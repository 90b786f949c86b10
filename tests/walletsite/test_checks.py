"""Reasons not to start."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management.base import SystemCheckError
from django.db import connection
from pytest_django import Settings

from walletsite import checks
from walletsite.checks import (
    check_back_office,
    check_email,
    check_keys,
    check_passwords,
    check_seals,
    check_webhooks,
    is_weak_key,
    is_weak_password,
    require_safe_start,
)
from walletsite.database import Purpose, database_settings

STRONG, OTHER_STRONG, THIRD_STRONG = (secrets.token_urlsafe(48) for _ in range(3))
SEAL_KEY = f"2026-11:{b64encode(secrets.token_bytes(32)).decode()}"
MAIL = {
    "SENDS_EMAIL": True,
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "DEFAULT_FROM_EMAIL": "Wallets <news@nordwind.example>",
}
PRODUCTION = {
    "PROFILE": "production",
    "SECRET_KEY": STRONG,
    "JWT_SIGNING_KEYS": OTHER_STRONG,
    "SEAL_SIGNING_KEYS": SEAL_KEY,
    "SEAL_ANCHOR_FILE": "/var/lib/wallet/seals.ndjson",
    "WEBHOOK_ENCRYPTION_KEYS": OTHER_STRONG,
    "SECOND_FACTOR_ENCRYPTION_KEYS": THIRD_STRONG,
    "DATABASE_URL": f"postgresql://app:{secrets.token_hex(16)}@db.example/wallet",
    "OWNER_DATABASE_URL": f"postgresql://owner:{secrets.token_hex(16)}@db.example/wallet",
    "REDIS_URL": f"rediss://:{secrets.token_hex(16)}@cache.example:6379/0",
    "ALLOWED_HOSTS": "wallet.example",
}


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 64, "django-insecure-" + STRONG], ids=["none", "short", "typed", "known"]
)
def test_a_typed_short_or_known_key_is_weak(key: str) -> None:
    assert is_weak_key(key)


def test_a_drawn_key_is_not_weak() -> None:
    assert not is_weak_key(STRONG)


@pytest.mark.parametrize("password", ["", "guest", "Postgres", "short"])
def test_a_usual_password_is_weak(password: str) -> None:
    assert is_weak_password(password)


CHECKS = (check_keys, check_seals, check_passwords, check_webhooks, check_back_office, check_email)


@pytest.fixture
def exposed(settings: Settings) -> Settings:
    """Settings of a sound production."""
    settings.IS_EXPOSED = True
    settings.SECRET_KEY, settings.JWT_SIGNING_KEYS = STRONG, [OTHER_STRONG]
    settings.SEAL_SIGNING_KEYS, settings.SEAL_ANCHOR_FILE = [SEAL_KEY], PRODUCTION["SEAL_ANCHOR_FILE"]
    settings.WEBHOOK_ENCRYPTION_KEYS, settings.WEBHOOK_ALLOW_PRIVATE_TARGETS = [OTHER_STRONG], False
    settings.SECOND_FACTOR_ENCRYPTION_KEYS = [THIRD_STRONG]
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL"):
        setattr(settings, name, PRODUCTION[name])
    for name, value in MAIL.items():
        setattr(settings, name, value)
    settings.BROKER_URL = f"amqps://wallet:{secrets.token_hex(16)}@broker.example"
    return settings


@pytest.mark.usefixtures("exposed")
def test_a_sound_production_has_no_complaints() -> None:
    assert [message for check in CHECKS for message in check(None)] == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"SECRET_KEY": "changeme"}, ["walletsite.E001"]),
        ({"SECRET_KEY_FALLBACKS": ["changeme"]}, ["walletsite.E001"]),
        ({"JWT_SIGNING_KEYS": []}, ["walletsite.E002"]),
        ({"JWT_SIGNING_KEYS": [OTHER_STRONG, "changeme"]}, ["walletsite.E002"]),
        ({"JWT_SIGNING_KEYS": [STRONG]}, ["walletsite.E002"]),
        ({"SEAL_SIGNING_KEYS": []}, ["walletsite.E006"]),
        ({"SEAL_SIGNING_KEYS": ["key"]}, ["walletsite.E006"]),
        ({"SEAL_SIGNING_KEYS": [SEAL_KEY, SEAL_KEY]}, ["walletsite.E006"]),
        ({"SEAL_SIGNING_KEYS": [f"typed:{b64encode(bytes(32)).decode()}"]}, ["walletsite.E006"]),
        ({"SEAL_PUBLIC_KEYS": ["old:c2hvcnQ="]}, ["walletsite.E006"]),
        ({"SEAL_ANCHOR_FILE": ""}, ["walletsite.W003"]),
        ({"BROKER_URL": "amqp://guest:guest@broker.example"}, ["walletsite.E003"]),
        ({"REDIS_URL": "redis://cache.example"}, ["walletsite.E003"]),
        ({"DATABASE_URL": "postgresql://postgres:postgres@db.example/wallet"}, ["walletsite.E003"]),
        ({"DATABASE_URL": "postgresql://app@/wallet?host=/run/postgresql"}, []),
        ({"WEBHOOK_ALLOW_PRIVATE_TARGETS": True}, ["walletsite.E007"]),
        ({"EMAIL_URL": "smtp+tls://news:secret@mail.example:587"}, []),
        ({"EMAIL_URL": "smtp+ssl://news:secret@mail.example:465"}, []),
        ({"EMAIL_URL": "smtp://localhost:25"}, []),
        ({"EMAIL_URL": "smtp://mail.example:25"}, ["walletsite.E008"]),
        ({"EMAIL_URL": "consolemail://"}, ["walletsite.E008"]),
        ({"DEFAULT_FROM_EMAIL": "Wallet service <wallet@localhost>"}, ["walletsite.E008"]),
        ({"WEBHOOK_ENCRYPTION_KEYS": []}, ["walletsite.E007"]),
        ({"WEBHOOK_ENCRYPTION_KEYS": [OTHER_STRONG, "changeme"]}, ["walletsite.E007"]),
        ({"WEBHOOK_ENCRYPTION_KEYS": [STRONG]}, ["walletsite.E007"]),
        ({"SECOND_FACTOR_ENCRYPTION_KEYS": []}, ["walletsite.E009"]),
        ({"SECOND_FACTOR_ENCRYPTION_KEYS": [THIRD_STRONG, "changeme"]}, ["walletsite.E009"]),
        ({"SECOND_FACTOR_ENCRYPTION_KEYS": [OTHER_STRONG]}, ["walletsite.E009"]),
        ({"BACK_OFFICE_IDLE": timedelta(0)}, ["walletsite.E009"]),
        ({"BACK_OFFICE_LIFETIME": timedelta(hours=-1)}, ["walletsite.E009"]),
        ({"BACK_OFFICE_SESSIONS_PER_PERSON": 0}, ["walletsite.E009"]),
    ],
)
def test_each_weakness_is_named(exposed: Settings, changed: dict[str, object], expected: list[str]) -> None:
    for name, value in changed.items():
        setattr(exposed, name, value)
    assert [message.id for check in CHECKS for message in check(None)] == expected


@pytest.mark.usefixtures("exposed", "committed_db")
def test_the_service_role_may_start() -> None:
    require_safe_start()


def test_a_role_that_owns_the_tables_may_not_serve(
    committed_db: None, exposed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = database_settings(os.environ["OWNER_DATABASE_URL"], Purpose.OWN, pool_size=1)
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "USER", owner["USER"])
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", owner["PASSWORD"])
    with pytest.raises(SystemCheckError, match=r"walletsite\.E004"):
        require_safe_start()


@pytest.mark.usefixtures("committed_db")
def test_a_database_that_loses_money_may_not_serve(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    settings.REQUIRE_DURABLE_DATABASE = True
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c synchronous_commit=off")
    with pytest.raises(SystemCheckError, match=r"walletsite\.E005.*synchronous_commit is off"):
        require_safe_start()


@pytest.mark.usefixtures("db")
def test_a_month_that_is_missing_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checks(databases=["default"]) == []
    monkeypatch.setattr(checks, "tables_without_next_month", lambda: ["ledger_event"])
    (warning,) = run_checks(databases=["default"])
    assert (warning.id, "ledger_event" in warning.msg) == ("walletsite.W004", True)


@pytest.mark.usefixtures("committed_db")
def test_a_database_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process lives and is not ready; each connection is examined when it comes."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    require_safe_start()


def _manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={"PATH": os.defpath, **environment},
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_the_deployment_check() -> None:
    done = _manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_production_without_a_secret_does_not_start() -> None:
    done = _manage("check", **{name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"})
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_production_with_a_weak_secret_does_not_start() -> None:
    done = _manage("migrate", **{**PRODUCTION, "JWT_SIGNING_KEYS": "changeme"})
    assert done.returncode != 0
    assert "walletsite.E002" in done.stderr


def test_an_unknown_profile_does_not_start() -> None:
    done = _manage("check", PROFILE="prod")
    assert "PROFILE is 'prod'" in done.stderr
