"""A Postgres of one test alone, to be killed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from walletsite.embedded.places import installation_folder
from walletsite.embedded.postgres import EmbeddedPostgres
from walletsite.embedded.roles import APP, OWNER, ensure_database, ensure_role

PASSWORD = "of-this-test"


@dataclass
class Cluster:
    """A server that can be killed, and started again on the same data."""

    server: EmbeddedPostgres
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = self.server.program()
        program.before_start()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(program.argv, stdout=output, stderr=output, **program.popen_options())
        self.server.wait_until_ready()

    def kill(self) -> None:
        """kill -9: the postmaster, before it can tell anybody, and everybody under it."""
        assert self.process is not None
        backends = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for backend in backends:
            with suppress(psutil.NoSuchProcess):
                backend.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)

    def environment(self) -> dict[str, str]:
        """Make the roles and the database, and say how to reach it."""
        for role in (OWNER, APP):
            ensure_role(self.server.url(), role, PASSWORD)
        ensure_database(self.server.url(), "wallet", owner=OWNER, guest=APP)
        return {
            "DATABASE_URL": self.server.url(user=APP, password=PASSWORD, database="wallet"),
            "OWNER_DATABASE_URL": self.server.url(user=OWNER, password=PASSWORD, database="wallet"),
            "APP_DATABASE_ROLE": APP,
        }


@contextmanager
def new_replica(primary: Cluster, log: Path) -> Iterator[Cluster]:
    """A server that follows another one by streaming, from a copy of its data."""
    kind = f"replica-{secrets.token_hex(4)}"
    server = EmbeddedPostgres(installation_folder(kind), password=PASSWORD)
    cluster = Cluster(server, log)
    try:
        _copy(primary, server.data)
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        server.clear_leftovers()
        shutil.rmtree(installation_folder(kind))


def _copy(primary: Cluster, data: Path) -> None:
    """A copy of a server that rests meanwhile, which knows whom to follow when it starts."""
    primary.stop()
    shutil.copytree(primary.server.data, data, ignore=shutil.ignore_patterns("postmaster.*", ".s.PGSQL*"))
    (data / "standby.signal").touch()
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = '{primary.server.url()}'\n")
    account = primary.server.program().account
    if account is not None:
        for path in (data, *data.rglob("*")):
            os.chown(path, account.user_id, account.group_id)
    primary.start()


@contextmanager
def new_cluster(log: Path) -> Iterator[Cluster]:
    """A server with data of its own that runs; nothing of it is left afterwards."""
    kind = f"killed-{secrets.token_hex(4)}"
    server = EmbeddedPostgres(installation_folder(kind), password=PASSWORD)
    server.prepare()
    cluster = Cluster(server, log)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        server.clear_leftovers()
        shutil.rmtree(installation_folder(kind))
