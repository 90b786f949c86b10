"""Databases of the test run. Tests connect as the service does: as a role that owns nothing.

Large tables are append-only and refuse TRUNCATE, so a test either runs in a transaction that is rolled back
(`db`, the usual case) or leaves its rows behind (`committed_db`) and works on companies and wallets of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from pytest_django import DjangoDbBlocker

from tests import messages, servers
from tests.rabbit import rabbitmq
from walletsite.database import Purpose, database_settings
from walletsite.embedded.roles import drop_database, ensure_database

__all__ = ["rabbitmq"]  # a fixture for all


def pytest_sessionstart() -> None:
    """The screens of the back office are loaded with the routes; some tests go through them by name."""
    import_module("walletsite.urls")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Django's own way of testing commits empties every table afterwards; ours refuse that."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        is_flushing = bool(marker and marker.kwargs.get("transaction"))
        if is_flushing or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid}: use the fixture `committed_db` to test commits.")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make this process' database: migrated and granted as the owner, then used as the service's role."""
    superuser_url, name = os.environ["TEST_SUPERUSER_URL"], servers.database_name()
    ensure_database(superuser_url, name, owner=servers.OWNER_ROLE, guest=servers.APP_ROLE)
    with django_db_blocker.unblock():
        with _connected_as_owner():
            call_command("migrate", verbosity=0, interactive=False)
            call_command("grant_privileges", verbosity=0, stdout=StringIO())
        yield
        connections.close_all()
    drop_database(superuser_url, name)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database without a transaction around the test: what it commits stays, other threads and processes see it.

    A thread that the test starts closes its own connections (`connections.close_all()`) before it ends.
    """
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture
def odd_messages() -> None:
    """For a test that writes messages as the service never would."""


@pytest.fixture(autouse=True)
def messages_fit_their_schemas(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever messages a test leaves in the outbox have to fit docs/events (`tests.messages` says what to do)."""
    if not _has_database(request) or "odd_messages" in request.fixturenames:
        yield
        return
    request.getfixturevalue("committed_db" if "committed_db" in request.fixturenames else "db")
    before = messages.horizon()
    yield
    if _is_aborted():
        return  # nothing can be asked any more, and nothing of it will ever be sent
    faults = messages.faults_since(before)
    assert not faults, "\n".join(faults[:10])


def _is_aborted() -> bool:
    """Whether nothing can be asked: the test has left a transaction in which a statement failed, or no database."""
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT")
    except (DatabaseError, psycopg.Error):
        return True
    return False


def _has_database(request: pytest.FixtureRequest) -> bool:
    return bool({"db", "committed_db"} & set(request.fixturenames)) or bool(
        request.node.get_closest_marker("django_db")
    )


@contextmanager
def _connected_as_owner() -> Iterator[None]:
    connection = connections["default"]
    service_settings = dict(connection.settings_dict)
    owner_settings = database_settings(settings.OWNER_DATABASE_URL, Purpose.OWN, pool_size=1)
    _reconnect_with(owner_settings)
    try:
        yield
    finally:
        _reconnect_with(service_settings)


def _reconnect_with(changed: dict[str, object]) -> None:
    """Change the settings in place: connections of threads that start later read the same dictionary."""
    connections["default"].close()
    connections["default"].settings_dict.update(changed)
