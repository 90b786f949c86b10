"""The servers and databases of a test run: real ones, never those of the demo.

The first process of a run (with xdist: the controller) starts the embedded servers, or takes the ones that
DATABASE_URL (of a superuser) and REDIS_URL name, and makes the two roles. Every process that runs tests has
a database of its own. Whatever a test starts inherits the addresses by environment.
"""

from __future__ import annotations

import atexit
import os
import secrets
from base64 import b64encode
from contextlib import ExitStack
from hashlib import sha256
from urllib.parse import quote, urlsplit, urlunsplit
from zlib import crc32

import psycopg
from psycopg.conninfo import conninfo_to_dict

from walletsite.embedded.places import installation_folder, locked
from walletsite.embedded.roles import drop_database, ensure_role
from walletsite.embedded.shared import shared_servers
from walletsite.embedded.valkey import DATABASES

OWNER_ROLE = "wallet_test_owner"
APP_ROLE = "wallet_test_app"
PREFIX = "wallet_test_"

_running = ExitStack()


def use() -> None:
    """Point the environment of this process at its servers and its database. Starts them in the first process."""
    if "TEST_RUN" not in os.environ:
        _begin()
    superuser_url = os.environ["TEST_SUPERUSER_URL"]
    database = database_name()
    os.environ["PROFILE"] = "test"
    os.environ["APP_DATABASE_ROLE"] = APP_ROLE
    os.environ["OWNER_DATABASE_URL"] = url_for(superuser_url, OWNER_ROLE, database)
    os.environ["DATABASE_URL"] = url_for(superuser_url, APP_ROLE, database)
    os.environ["REDIS_URL"] = _own_redis_database(os.environ["TEST_REDIS_URL"], database)


def database_name() -> str:
    return f"{PREFIX}{os.environ['TEST_RUN']}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def _begin() -> None:
    os.environ["TEST_RUN"] = secrets.token_hex(4)
    os.environ["SECOND_FACTOR_ENCRYPTION_KEYS"] = secrets.token_urlsafe(48)
    os.environ["SEAL_SIGNING_KEYS"] = f"test:{b64encode(secrets.token_bytes(32)).decode()}"
    given_database, given_redis = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    os.environ["TEST_REDIS_IS_GIVEN"] = "yes" if given_redis else ""
    if not (given_database and given_redis):
        atexit.register(_running.close)
        servers = _running.enter_context(shared_servers("test"))
        given_redis = given_redis or servers.valkey.url()
        if not given_database:
            given_database = servers.postgres.url()
            if servers.was_started:
                _drop_left_databases(given_database)
    os.environ["TEST_SUPERUSER_URL"] = given_database
    os.environ["TEST_REDIS_URL"] = given_redis
    with locked(installation_folder("test") / "roles.lock"):
        for role in (OWNER_ROLE, APP_ROLE):
            ensure_role(given_database, role, _password(given_database, role))


def _drop_left_databases(superuser_url: str) -> None:
    """Nobody else uses a server that has just been started, so what lies there was left by killed runs."""
    with psycopg.connect(superuser_url) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        names = [name for (name,) in found]
    for name in names:
        drop_database(superuser_url, name)


def _password(superuser_url: str, role: str) -> str:
    """Derived, so that runs which share a server agree without talking to each other."""
    return sha256(f"{role}\n{superuser_url}".encode()).hexdigest()


def url_for(superuser_url: str, role: str, database: str) -> str:
    """The address of a database for one of the run's two roles."""
    parts = conninfo_to_dict(superuser_url) | {"user": role, "password": _password(superuser_url, role)}
    parts["dbname"] = database
    words = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parts.items())
    return f"postgresql://?{words}"


def _own_redis_database(url: str, database: str) -> str:
    """A number of its own on our Valkey. A given server may have few numbers: there, all use the one given."""
    if os.environ.get("TEST_REDIS_IS_GIVEN"):
        return url
    return urlunsplit(urlsplit(url)._replace(path=f"/{crc32(database.encode()) % DATABASES}"))
