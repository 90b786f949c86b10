"""What is looked at on a new connection, and what is set on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from walletsite.connections import TRANSACTION_TIMEOUT_SINCE, UnsafeDatabase, durability_faults_of

SOUND: dict[str, Any] = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "is_replica": False}


@pytest.mark.parametrize("mode", ["on", "local", "remote_write", "remote_apply"])
def test_a_server_that_flushes_before_it_acknowledges_is_sound(mode: str) -> None:
    assert durability_faults_of(**{**SOUND, "synchronous_commit": mode}) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"fsync": "off"}, "fsync is off"),
        ({"full_page_writes": "off"}, "full_page_writes is off"),
        ({"synchronous_commit": "off"}, "synchronous_commit is off"),
        ({"is_replica": True}, "it is a replica"),
    ],
)
def test_each_way_to_forget_is_named(changed: dict[str, Any], fault: str) -> None:
    assert durability_faults_of(**{**SOUND, **changed}) == [fault]


@pytest.mark.usefixtures("committed_db")
def test_transactions_are_bounded_where_the_server_can(settings: Settings) -> None:
    connection.close()
    settings.TRANSACTION_TIMEOUT_SECONDS = 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'transaction_timeout'")
        found = cursor.fetchone()
    can = connection.connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE
    assert found == (("10000",) if can else None)


@pytest.mark.django_db
def test_tests_connect_as_a_role_that_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FILTER (WHERE tableowner = current_user) FROM pg_tables")
        assert cursor.fetchone() == (settings.APP_DATABASE_ROLE, 0)


def test_a_connection_that_would_lose_money_is_refused(
    committed_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c synchronous_commit=off")
    settings.REQUIRE_DURABLE_DATABASE = True
    with pytest.raises(UnsafeDatabase, match="synchronous_commit is off"):
        connection.ensure_connection()
    assert connection.connection is None
