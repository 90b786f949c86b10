"""What can be killed: the servers and the processes of the service, each with its own data and ports."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.clusters import Cluster, new_cluster
from tests.rabbit import Node
from walletsite.embedded.places import installation_folder
from walletsite.embedded.valkey import EmbeddedValkey
from walletsite.programs import Program
from walletsite.up.processes import background_programs, preparation

STOP_SECONDS = 20
UNLIMITED = "100000000"


class Victim(Protocol):
    """Something that is killed without warning, and started again on what it left behind."""

    def kill(self) -> None: ...
    def start(self) -> None: ...


@dataclass
class Process:
    """A process of the service, with all that it has started."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    ended_by_itself: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        with self._lock:
            self._run()

    def kill(self) -> None:
        with self._lock:
            if self.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                self.process = None

    def revive(self) -> None:
        """Start it again if it is gone though nobody has killed it, as whoever supervises it would."""
        with self._lock:
            if self.process is not None and self.process.poll() is not None:
                self.ended_by_itself += 1
                self._run()

    def _run(self) -> None:
        self.program.before_start()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.program.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self.program.popen_options(),
            )


@dataclass
class Valkey:
    """The embedded Valkey, on a port that it keeps."""

    server: EmbeddedValkey
    process: Process

    def start(self) -> None:
        self.process.start()
        self.server.wait_until_ready()

    def kill(self) -> None:
        self.process.kill()


@dataclass(frozen=True)
class Installation:
    """The service on its own servers.

    Attributes:
        is_rabbitmq: whether the broker is RabbitMQ; otherwise it is the Valkey that also keeps the counters.
        environment: with which every process of the service runs, this one too.
    """

    folder: Path
    is_rabbitmq: bool
    postgres: Cluster
    broker: Victim
    broker_url: str
    environment: Mapping[str, str]
    processes: dict[str, Process] = field(default_factory=dict)

    def start_background(self) -> None:
        """Relay, consumer, sender of webhooks, worker and beat."""
        for program in background_programs({**os.environ, **self.environment}):
            self.processes[program.name] = Process(program, self.folder / f"{program.name}.log")
            self.processes[program.name].start()

    def revive(self) -> None:
        for process in self.processes.values():
            process.revive()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()


@contextmanager
def installation(folder: Path, *, is_rabbitmq: bool) -> Iterator[Installation]:
    """Servers that run and a database that is prepared; no process of the service yet. Nothing is left afterwards."""
    with ExitStack() as stack:
        postgres = stack.enter_context(new_cluster(folder / "postgres.log"))
        valkey = stack.enter_context(_new_valkey(folder))
        broker: Victim = valkey
        broker_url = valkey.server.url()
        if is_rabbitmq:
            broker = node = stack.enter_context(_new_rabbitmq(folder))
            broker_url = node.url
        environment = {**_made_up(), **postgres.environment(), "REDIS_URL": valkey.server.url()}
        environment["BROKER_URL"] = broker_url
        _prepare_database(environment)
        installed = Installation(folder, is_rabbitmq, postgres, broker, broker_url, environment)
        stack.callback(installed.end)
        yield installed


@contextmanager
def _new_valkey(folder: Path) -> Iterator[Valkey]:
    kind = f"chaos-{secrets.token_hex(4)}"
    server = EmbeddedValkey(installation_folder(kind), password=secrets.token_hex(8))
    server.prepare()
    valkey = Valkey(server, Process(server.program(), folder / "valkey.log"))
    try:
        valkey.start()
        yield valkey
    finally:
        server.clear_leftovers()
        shutil.rmtree(installation_folder(kind))


@contextmanager
def _new_rabbitmq(folder: Path) -> Iterator[Node]:
    (folder / "rabbitmq").mkdir()
    node = Node(folder / "rabbitmq")
    try:
        node.start()
        yield node
    finally:
        node.end()


def _prepare_database(environment: Mapping[str, str]) -> None:
    program = preparation({**os.environ, **environment})[0]
    subprocess.run(program.argv, check=True, capture_output=True, **program.popen_options())


def _made_up() -> dict[str, str]:
    """Secrets that all processes share. No limit of rates: who repeats what got no answer would run into it."""
    return {
        "DJANGO_SETTINGS_MODULE": "walletsite.settings",
        "PROFILE": "test",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEYS": secrets.token_urlsafe(48),
        "SEAL_SIGNING_KEYS": f"chaos:{b64encode(secrets.token_bytes(32)).decode()}",
        "WEBHOOK_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
        "SECOND_FACTOR_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
        "WEBHOOK_ALLOW_PRIVATE_TARGETS": "true",
        **{f"RATE_LIMIT_PER_{who}": UNLIMITED for who in ("WALLET", "PERSON", "SERVICE")},
    }
