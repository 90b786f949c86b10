"""The web server as a real process, run as `make up` runs it, on a port of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path

import psutil
from django.conf import settings

from walletsite.up.processes import web_program

HOST = "127.0.0.1"
START_SECONDS = 40
ANSWER_SECONDS = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class WebServer:
    """Serves the test's database with the test's keys, so that tokens made here are good there.

    Args:
        log: where its output goes.
        environment: what differs from the test's own.
    """

    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it is ready."""
        environment = {
            "DJANGO_SETTINGS_MODULE": "walletsite.settings",
            "PROFILE": "test",
            "SECRET_KEY": settings.SECRET_KEY,
            "JWT_SIGNING_KEYS": ",".join(settings.JWT_SIGNING_KEYS),
            "PROMETHEUS_MULTIPROC_DIR": str(self.log.parent),
            **self.environment,
        }
        program = web_program({**os.environ, **environment}, host=HOST, port=self.port)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                program.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **program.popen_options()
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.05)

    def is_ready(self) -> bool:
        try:
            return self.get("/ready") == 200
        except OSError:
            return False

    def get(self, path: str) -> int:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def kill(self) -> None:
        """kill -9: the main process and every worker at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and whatever is left after a while SIGKILL. Safe to call twice."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory(self) -> int:
        """Bytes that its processes hold."""
        assert self.process is not None
        main = psutil.Process(self.process.pid)
        return sum(process.memory_info().rss for process in (main, *main.children(recursive=True)))


@dataclass(frozen=True)
class Answer:
    """What came back over the wire. A connection that was closed without a word has status 0."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The code of a problem document; None for anything else."""
        if self.headers.get("content-type") != "application/problem+json":
            return None
        code: str = json.loads(self.body)["code"]
        return code


def exchange(port: int, data: bytes, *, method: str = "GET") -> Answer:
    """Send bytes as they are, and read one answer.

    Args:
        method: HEAD, when the answer has no body.
    """
    with socket.create_connection((HOST, port), timeout=ANSWER_SECONDS) as connection:
        # The server may hang up before it has read everything; what it said by then counts.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        response = HTTPResponse(connection, method=method)
        try:
            response.begin()
            body = response.read()
        except (RemoteDisconnected, ConnectionResetError):
            return Answer(0, {}, b"")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
