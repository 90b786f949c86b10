"""Servers that several processes use at the same time: the first one starts them, the last one stops them."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from walletsite.embedded.installation import load_or_make_secrets
from walletsite.embedded.places import installation_folder, locked
from walletsite.embedded.postgres import EmbeddedPostgres
from walletsite.embedded.valkey import EmbeddedValkey
from walletsite.programs import Program

_started: list[subprocess.Popen[bytes]] = []
"""Kept, because these servers may outlive our use of them."""


class Server(Protocol):
    def prepare(self) -> None: ...
    def program(self) -> Program: ...
    def is_running(self) -> bool: ...
    def clear_leftovers(self) -> None: ...
    def wait_until_ready(self) -> None: ...


@dataclass(frozen=True)
class SharedServers:
    """The servers of one kind of this checkout.

    Attributes:
        was_started: whether this process found them stopped, so that nobody else uses them yet.
    """

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    was_started: bool


@contextmanager
def shared_servers(kind: str) -> Iterator[SharedServers]:
    """Start the servers, or join those that run; stop them at the end unless somebody else has joined.

    A user is a lock on a file, which ends with its process, so a killed user does not keep the servers alive.
    """
    folder = installation_folder(kind)
    kept = load_or_make_secrets(folder / "secrets.json")
    postgres = EmbeddedPostgres(folder, password=kept.superuser_password)
    valkey = EmbeddedValkey(folder, password=kept.valkey_password)
    users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with locked(folder / "change.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            was_started = not postgres.is_running()
            for server in (postgres, valkey):
                _ensure_running(server, log=folder / "servers.log")
        yield SharedServers(postgres, valkey, was_started)
    finally:
        with locked(folder / "change.lock"):
            if _is_last(users):
                postgres.clear_leftovers()
                valkey.clear_leftovers()
                _forget_those_that_ended()
        os.close(users)


def _ensure_running(server: Server, *, log: Path) -> None:
    if not server.is_running():
        server.prepare()
        program = server.program()
        program.before_start()
        with log.open("ab") as output:
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, **program.popen_options()}
            _started.append(subprocess.Popen(program.argv, **options))  # noqa: S603 - our own program
    server.wait_until_ready()


def _forget_those_that_ended() -> None:
    _started[:] = [process for process in _started if process.poll() is None]


def _is_last(users: int) -> bool:
    """Whether nobody else holds the lock of users. Giving up the shared lock first is what makes this a test."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
