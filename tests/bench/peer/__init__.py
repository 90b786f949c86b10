"""Another ledger for Django on the same server, doing the same transfers: django-hordak, as a peer.

It lives in a virtual environment of its own (`make bench` makes it), because it comes as source only, and the
service's own environments take nothing but wheels.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from walletsite.embedded.places import CHECKOUT
from walletsite.embedded.roles import APP, OWNER, ensure_database

PYTHON = CHECKOUT / ".venv-peer" / "bin" / "python"
PROGRAM = CHECKOUT / "tests" / "bench" / "peer" / "transfers.py"
DATABASE = "hordak"
PROCESSES, THREADS = 2, 4
"""What it was fastest with."""


def is_installed() -> bool:
    return PYTHON.exists()


@dataclass(frozen=True)
class Peer:
    """Its tables and some accounts, in a database of its own."""

    environment: dict[str, str]

    def run(self, size: int, seconds: float, *, is_hot: bool = False) -> float:
        """Transfers per second. One by one they come from several threads, in batches from one, as ours do."""
        processes, threads = (PROCESSES, THREADS) if size == 1 else (1, 1)
        job = json.dumps({"threads": threads, "size": size, "seconds": seconds, "is_hot": is_hot})
        with ExitStack() as stack:
            running = [stack.enter_context(self._started(job)) for _ in range(processes)]
            for process in running:
                assert process.stdout is not None, "it has a pipe"
                assert process.stdout.readline() == "ready\n", f"it ended with {process.wait()}"
            told = [process.communicate("go\n")[0] for process in running]
        return sum(float(rate) for rate in told)

    @contextmanager
    def _started(self, job: str) -> Iterator[subprocess.Popen[str]]:
        program = [str(PYTHON), str(PROGRAM), "run", job]
        pipe = subprocess.PIPE
        with subprocess.Popen(program, env=self.environment, text=True, stdin=pipe, stdout=pipe) as process:
            try:
                yield process
            finally:
                process.kill()


def set_up(superuser_url: str, owner_url: str, accounts: int) -> Peer:
    """Make the peer's database and accounts.

    Args:
        superuser_url, owner_url: of any database of the server.
    """
    ensure_database(superuser_url, DATABASE, owner=OWNER, guest=APP)
    place = conninfo_to_dict(owner_url) | {"dbname": DATABASE}
    environment = os.environ | {f"PEER_{name.upper()}": str(value) for name, value in place.items()}
    subprocess.run([PYTHON, PROGRAM, "set-up", str(accounts)], env=environment, check=True, capture_output=True)
    with psycopg.connect(superuser_url, dbname=DATABASE, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return Peer(environment)
