"""The embedded servers as real processes: start, join, crash, stop."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from walletsite.embedded import shared
from walletsite.embedded.leftovers import processes_started_with
from walletsite.embedded.places import installation_folder
from walletsite.embedded.postgres import EmbeddedPostgres
from walletsite.embedded.roles import drop_database, ensure_database, ensure_role
from walletsite.up.supervisor import Supervisor, Terminal

RESTART_SECONDS = 20


@pytest.fixture(scope="module")
def kind() -> Iterator[str]:
    """Servers of this module alone."""
    name = f"check-{secrets.token_hex(4)}"
    yield name
    shutil.rmtree(installation_folder(name))


@pytest.fixture(scope="module")
def supervised(kind: str) -> Iterator[EmbeddedPostgres]:
    """A server as `make up` runs it."""
    server = EmbeddedPostgres(installation_folder(kind), password="of-this-test")
    server.prepare()
    with _under_supervision(server):
        yield server


@contextmanager
def _under_supervision(server: EmbeddedPostgres) -> Iterator[None]:
    supervisor = Supervisor(Terminal(io.StringIO()))
    supervisor.start([server.program()])
    try:
        server.wait_until_ready()
        yield
    finally:
        supervisor.stop()
    assert not server.is_running()


def _query(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row and row[0]


def _eventually(query: Callable[[], object]) -> object:
    """What the query gives when the server is back."""
    deadline = time.monotonic() + RESTART_SECONDS
    while True:
        try:
            return query()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the server was not started again"
            time.sleep(0.05)


def _postmaster(server: EmbeddedPostgres) -> psutil.Process:
    (process,) = processes_started_with(server.data)
    return process


def test_the_last_user_stops_the_servers(kind: str) -> None:
    with shared.shared_servers(f"{kind}-shared") as first:
        assert first.was_started
        with shared.shared_servers(f"{kind}-shared") as second:
            assert not second.was_started
            assert second.valkey.url() == first.valkey.url()
        assert _query(first.postgres.url(), "SELECT 1") == 1
        with redis.Redis.from_url(first.valkey.url()) as client:
            assert client.ping()
    assert not first.postgres.is_running()
    assert not first.valkey.is_running()
    shutil.rmtree(first.postgres.data.parent)


def test_it_is_postgres_18_that_forgets_nothing_and_is_reached_by_socket_and_password(
    supervised: EmbeddedPostgres,
) -> None:
    with psycopg.connect(supervised.url()) as connection:
        assert connection.info.server_version // 10000 == 18
        for name, expected in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "listen_addresses": "",
            "data_checksums": "on",
        }.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row == (expected,), name
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(supervised.url(password="wrong"))


def test_it_does_not_run_as_root(supervised: EmbeddedPostgres) -> None:
    assert _postmaster(supervised).uids().effective != 0
    assert (supervised.data.stat().st_mode & 0o777) == 0o700


def test_after_kill_9_it_is_back_with_what_it_acknowledged(supervised: EmbeddedPostgres) -> None:
    with psycopg.connect(supervised.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = _postmaster(supervised)
    killed.send_signal(signal.SIGKILL)
    assert _eventually(lambda: _query(supervised.url(), "SELECT answer FROM kept")) == 42
    assert _postmaster(supervised).pid != killed.pid


def test_a_lock_file_that_names_a_stranger_does_not_stop_it(kind: str) -> None:
    """The number of a killed server may belong to anybody by now; Postgres alone would not start."""
    folder = installation_folder(f"{kind}-stale")
    server = EmbeddedPostgres(folder, password="of-this-test")
    server.prepare()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n{server.data}\n\n1 1\nready\n")
    with _under_supervision(server):
        assert _query(server.url(), "SELECT 1") == 1
    shutil.rmtree(folder)


def test_the_service_role_enters_only_its_database_and_makes_nothing(supervised: EmbeddedPostgres) -> None:
    superuser = supervised.url()
    for role in ("an_owner", "an_app"):
        ensure_role(superuser, role, "first")
        ensure_role(superuser, role, role)
    for database in ("one", "two"):
        ensure_database(superuser, database, owner="an_owner", guest="an_app" if database == "one" else "an_owner")
    app = supervised.url(user="an_app", password="an_app", database="one")
    assert _query(app, "SELECT current_user") == "an_app"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _query(app, "CREATE TABLE mine (id int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(supervised.url(user="an_app", password="an_app", database="two"))
    drop_database(superuser, "one")
    assert _query(superuser, "SELECT count(*) FROM pg_database WHERE datname = 'one'") == 0


def test_nobody_above_the_data_is_opened_to_others(supervised: EmbeddedPostgres) -> None:
    """The package's own start-up would do that, as root, up to the root of the file system."""
    assert not Path(supervised.data).is_relative_to(Path.home())
    folder = supervised.data.parent
    assert folder.stat().st_mode & 0o077 == 0o011
