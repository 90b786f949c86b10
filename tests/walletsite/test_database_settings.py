"""How a URL and a purpose become connection settings."""

from __future__ import annotations

import pytest

from walletsite.database import Purpose, database_settings, is_patient, purpose_of_command


def test_a_unix_socket_url_keeps_its_folder_and_its_password() -> None:
    settings = database_settings("postgresql://app:p%40ss@/wallet?host=/run/pg", Purpose.WORK, pool_size=8)
    assert (settings["HOST"], settings["NAME"], settings["USER"], settings["PASSWORD"]) == (
        "/run/pg",
        "wallet",
        "app",
        "p@ss",
    )


def test_what_django_has_no_name_for_reaches_libpq() -> None:
    settings = database_settings(
        "postgresql://app@db.example:6432/wallet?sslmode=verify-full", Purpose.WORK, pool_size=8
    )
    assert settings["OPTIONS"]["sslmode"] == "verify-full"
    assert settings["PORT"] == "6432"


@pytest.mark.parametrize("purpose", [Purpose.WEB, Purpose.WORK])
def test_whoever_serves_has_short_limits(purpose: Purpose) -> None:
    limits = database_settings("postgresql:///wallet", purpose, pool_size=8)["OPTIONS"]["options"]
    assert limits == "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s"


@pytest.mark.parametrize("purpose", [Purpose.MANAGE, Purpose.OWN])
def test_whoever_manages_may_take_long_but_not_wait_for_locks(purpose: Purpose) -> None:
    limits = database_settings("postgresql:///wallet", purpose, pool_size=8)["OPTIONS"]["options"]
    assert is_patient(purpose)
    assert limits == "-c lock_timeout=2s -c statement_timeout=0 -c idle_in_transaction_session_timeout=5min"


def test_only_the_web_has_a_pool_and_it_is_bounded() -> None:
    pooled = database_settings("postgresql:///wallet", Purpose.WEB, pool_size=8)
    assert pooled["OPTIONS"]["pool"]["max_size"] == 8
    assert pooled["CONN_MAX_AGE"] == 0
    assert "pool" not in database_settings("postgresql:///wallet", Purpose.WORK, pool_size=8)["OPTIONS"]


@pytest.mark.parametrize(
    ("argv", "purpose"),
    [
        (["manage.py", "migrate"], Purpose.OWN),
        (["manage.py", "grant_privileges"], Purpose.OWN),
        (["manage.py", "relay_outbox"], Purpose.WORK),
        (["manage.py", "replay"], Purpose.MANAGE),
        (["manage.py"], Purpose.MANAGE),
    ],
)
def test_a_command_line_tells_its_purpose(argv: list[str], purpose: Purpose) -> None:
    assert purpose_of_command(argv) is purpose
