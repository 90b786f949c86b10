"""What is measured: servers, a company with wallets, the web server, and how to load it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from django.db import connections

from ledger.services.accounts import wallet_account_id
from tests.api.server import WebServer
from tests.bench.limit import Limit
from tests.bench.peer import Peer, is_installed, set_up
from tests.bench.posting import Posting, open_wallets, seven_rules
from tests.chaos.servers import Installation
from tests.compliance.clients import tokens_of
from tests.compliance.factories import UserFactory, make_cast
from tests.ledger.books import Books
from tests.wallets.scene import give_wallet
from walletsite.embedded.places import CHECKOUT
from walletsite.memory import settle

LEDGER_WALLETS, PEOPLE, PEER_ACCOUNTS = 4_000, 200, 1_000
FUNDS = "1000000"


@dataclass(frozen=True)
class Load:
    """What the generator saw, and what the machine spent on it.

    Attributes:
        rate: answers per second.
        p50, p99: milliseconds.
        server, database, generator: milliseconds of CPU per answer.
    """

    rate: float
    p50: float
    p99: float
    server: float
    database: float
    generator: float
    codes: dict[str, int]


@dataclass(frozen=True)
class Stage:
    installed: Installation
    server: WebServer
    token: str
    wallets: list[str]
    posting: Posting
    limit: Limit
    peer: Peer | None
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def load(self, kind: str, connections: int, seconds: float, **job: Any) -> Load:
        """Ask the server for one kind of thing over so many connections."""
        wanted = {"kind": kind, "connections": connections, "seconds": seconds, "port": self.server.port, **job}
        wanted |= {"token": self.token, "wallets": self.wallets, "run": secrets.token_hex(6)}
        before = self._cpu()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.generator"],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            check=True,
            cwd=CHECKOUT,
        )
        after, seen = self._cpu(), json.loads(done.stdout)
        assert seen["answers"], f"nobody answered: {done.stderr}"
        server, database = ((late - early) * 1000 / seen["answers"] for early, late in zip(before, after, strict=True))
        return Load(
            rate=seen["answers"] / seen["seconds"],
            p50=seen["p50"],
            p99=seen["p99"],
            server=server,
            database=database,
            generator=seen["cpu"] * 1000 / seen["answers"],
            codes=seen["codes"],
        )

    def _cpu(self) -> tuple[float, float]:
        """Seconds of CPU of the web server's processes and of Postgres', by now."""
        assert self.server.process is not None, "it was started"
        assert self.installed.postgres.process is not None, "it was started"
        return _cpu_of(self.server.process.pid), _cpu_of(self.installed.postgres.process.pid)

    def memory(self) -> dict[str, int]:
        """MiB that each program holds, with its children; what they share is counted once."""
        roots = {name: process.process for name, process in self.installed.processes.items()}
        roots["web"] = self.server.process
        return {name: _memory_of(root.pid) for name, root in sorted(roots.items()) if root is not None}


@contextmanager
def stage(installed: Installation) -> Iterator[Stage]:
    """Everything is there and nothing happens yet. Relay, worker and the others do not run: they are started last, to
    be weighed."""
    cast = make_cast()
    people = [give_wallet(UserFactory(company=cast.company), FUNDS) for _ in range(PEOPLE)]
    books = Books(company_id=cast.company.id, purpose="BENCH_FUNDING").open()
    wallets = open_wallets(books, LEDGER_WALLETS)
    posting = Posting(books, wallets[1:], wallets[0], seven_rules(books))
    posting.run(8, 0.1)
    settle()  # as the web processes do, whose place this one takes
    ids = [(wallet_account_id(side.wallet_id, side.currency), side.wallet_id) for side in wallets]
    limit = Limit(installed.environment["OWNER_DATABASE_URL"], installed.folder, ids)
    limit.set_up()
    peer = _peer(installed)
    token = tokens_of(cast.bookings).access
    connections.close_all()
    environment = {
        **installed.environment,
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "LOG_LEVEL": "INFO",
        "PROMETHEUS_MULTIPROC_DIR": str(installed.folder),
    }
    server = WebServer(installed.folder / "web.log", environment)
    try:
        server.start()
        yield Stage(installed, server, token, [str(wallet.id) for wallet in people], posting, limit, peer)
    finally:
        server.stop()


def _peer(installed: Installation) -> Peer | None:
    """Left out where its virtual environment has not been made."""
    if not is_installed():
        return None
    return set_up(installed.postgres.server.url(), installed.environment["OWNER_DATABASE_URL"], PEER_ACCOUNTS)


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _cpu_of(pid: int) -> float:
    times = [process.cpu_times() for process in _family(pid)]
    seconds: float = sum(time.user + time.system for time in times)
    seconds += times[0].children_user + times[0].children_system
    return seconds


def _memory_of(pid: int) -> int:
    held: int = sum(process.memory_full_info().pss for process in _family(pid))
    return held // 2**20
