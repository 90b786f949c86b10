"""The service as a process of its own, on this test's database, for what only a real server shows."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from walletsite.embedded.places import CHECKOUT
from walletsite.programs import python_program

START_SECONDS = 60
STOP_SECONDS = 15


@contextmanager
def served(log: Path) -> Iterator[str]:
    """Run the web server until the end of the block.

    Args:
        log: where its lines go; read it when a test fails.

    Yields:
        The address, such as `http://127.0.0.1:40123`.
    """
    port = _free_port()
    keys = {"SECRET_KEY": secrets.token_urlsafe(48), "JWT_SIGNING_KEYS": secrets.token_urlsafe(48)}
    arguments = ("-m", "granian", "--interface=wsgi", "--http=1", "--no-ws", "--host=127.0.0.1", f"--port={port}")
    environment = {**keys, "DJANGO_SETTINGS_MODULE": "walletsite.settings"}
    program = python_program("web", *arguments, "walletsite.wsgi:application", environment=environment, folder=CHECKOUT)
    with log.open("wb") as output:
        process = subprocess.Popen(program.argv, stdout=output, stderr=output, **program.popen_options())
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The service did not start:\n{log.read_text(errors='replace')}")
