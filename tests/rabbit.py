"""A RabbitMQ of the test run's own: a node with a name, ports and folders that nobody else uses.

It has its own registry of Erlang nodes (epmd) too, so that it neither meets nor leaves behind anything on the machine.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from kombu import Connection

START_SECONDS, TRIES_PER_SECOND = 90, 5
_PACKAGED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""What Debian puts on the path instead changes to a user who may not enter our folders."""


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[Node]:
    """A node that runs. A test that kills or pauses it has to put it back."""
    require_installed()
    with tempfile.TemporaryDirectory(prefix="wallet-rabbit-") as folder:
        node = Node(Path(folder))
        try:
            node.start()
            yield node
        finally:
            node.end()


def require_installed() -> None:
    if _program() is None or shutil.which("epmd") is None:
        pytest.skip("NOT TESTED AGAINST RABBITMQ: rabbitmq-server is not installed")


def _program() -> str | None:
    return str(_PACKAGED) if _PACKAGED.exists() else shutil.which("rabbitmq-server")


class Node:
    """A RabbitMQ that can be killed, stopped, and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._distribution_port, self._registry_port = _free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        self._registry: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        program, registry = _program(), shutil.which("epmd")
        assert program is not None
        assert registry is not None
        if self._registry is None:
            self._registry = self._run(registry, "-port", str(self._registry_port), "-address", "127.0.0.1")
        self._process = self._run(program)
        self._wait_until_it_answers()

    def kill(self) -> None:
        """As a power cut would."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait(START_SECONDS)
            self._process = None

    def pause(self) -> None:
        """It hangs: connections stay, nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Kill all that was started, the registry of nodes too."""
        self.kill()
        if self._registry is not None:
            self._registry.kill()
            self._registry.wait(START_SECONDS)

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "output.log").open("ab") as output:
            return subprocess.Popen(
                command, env=self._environment(), cwd=self.folder, stdout=output, stderr=subprocess.STDOUT
            )

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        try:
            root = psutil.Process(self._process.pid)
            return [*root.children(recursive=True), root]
        except psutil.NoSuchProcess:
            return []

    def _environment(self) -> dict[str, str]:
        settings = self.folder / "rabbitmq.conf"
        settings.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nloopback_users.guest = true\nlog.console = false\n"
            "max_message_size = 200000\ndisk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 1GB\n"
        )
        (self.folder / "enabled_plugins").write_text("[].")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"wallet_test_{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(settings),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._registry_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }

    def _wait_until_it_answers(self) -> None:
        pause = threading.Event()
        for _ in range(START_SECONDS * TRIES_PER_SECOND):
            assert self._process is not None
            if self._process.poll() is not None:
                break
            with suppress(Exception), Connection(self.url, connect_timeout=1) as connection:
                connection.connect()
                return
            pause.wait(1 / TRIES_PER_SECOND)
        raise AssertionError((self.folder / "output.log").read_text()[-2000:])


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports
