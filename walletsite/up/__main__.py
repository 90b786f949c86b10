"""`make up`: everything the service needs, in one go, until Ctrl-C. `make reset`: as if it had never run."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from walletsite.embedded.places import EmbeddedServerError, installation_folder, locked
from walletsite.programs import Program
from walletsite.up.environment import DEMO_FOLDER, demo_environment, write_service_env
from walletsite.up.processes import background_programs, preparation, seeding, shared_counters, web_program
from walletsite.up.supervisor import Supervisor, Terminal, run_to_end
from walletsite.up.welcome import welcome

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "3003"))
READY_SECONDS = 120
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartFailed(Exception):
    """The service could not be started; the text says why and what to do."""


def main() -> int:
    action = {"up": up, "reset": reset}[sys.argv[1] if len(sys.argv) > 1 else "up"]
    try:
        action()
    except (StartFailed, EmbeddedServerError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def up() -> None:
    """Start servers, prepare the database, run the service, tell how to reach it, wait to be stopped."""
    with _only_one_at_a_time() as folder:
        _require_free_port()
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        supervisor = Supervisor(Terminal(sys.stdout))
        try:
            environment = demo_environment(supervisor, folder, base_url=f"http://localhost:{PORT}")
            write_service_env(environment)
            _start_service(supervisor, shared_counters(environment, folder))
            print(welcome(environment["BASE_URL"]), flush=True)
            while True:
                signal.pause()
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            supervisor.stop()


def _start_service(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """The web server needs the longest to start, so it goes ahead; the rest does not compete with it."""
    _run_all(preparation(environment))
    supervisor.start([web_program(environment, host=HOST, port=PORT)])
    _run_all(seeding(environment))
    _wait_until_ready()
    supervisor.start(background_programs(environment))


def _run_all(steps: Sequence[Program]) -> None:
    for step in steps:
        if run_to_end(step):
            raise StartFailed(f"The step {step.name!r} failed; what it said is above.")


def reset() -> None:
    """Remove the demo's data and secrets. A database that DATABASE_URL names is somebody else's, and stays."""
    with _only_one_at_a_time() as folder:
        shutil.rmtree(folder)
        shutil.rmtree(DEMO_FOLDER, ignore_errors=True)
    print("The demo's data are gone. `make up` starts afresh.")


@contextmanager
def _only_one_at_a_time() -> Iterator[Path]:
    folder = installation_folder("demo")
    try:
        with locked(folder / "up.lock", wait=False):
            yield folder
    except BlockingIOError as error:
        raise StartFailed("The service of this checkout runs already. Stop it first.") from error


def _require_free_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise StartFailed(f"Port {PORT} is in use. Choose another one: PORT={PORT + 1} make up") from error


def _wait_until_ready() -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://{HOST}:{PORT}/ready", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise StartFailed(f"The service is not ready after {READY_SECONDS} s; what it said is above.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
