"""What runs: the steps before, and the processes of the service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from walletsite.embedded.places import CHECKOUT
from walletsite.programs import Program, python_program

SEEDING = CHECKOUT / "walletsite" / "management" / "commands" / "seed_demo.py"
WEB_PROCESSES = os.environ.get("WEB_PROCESSES", "2")
WEB_THREADS = os.environ.get("WEB_THREADS", "8")
WORKER_PROCESSES = os.environ.get("WORKER_PROCESSES", "2")


def first_steps(environment: Mapping[str, str]) -> list[Program]:
    """What must have ended well before the service starts."""
    steps = [_manage("prepare", "prepare_database", environment=environment)]
    if environment.get("PROFILE", "development") != "development":
        steps.append(_manage("collect", "collectstatic", "--noinput", "--verbosity=0", environment=environment))
    elif SEEDING.exists():
        steps.append(_manage("seed", "seed_demo", environment=environment))
    return steps


def service_programs(environment: Mapping[str, str], folder: Path, *, host: str, port: int) -> list[Program]:
    """Web, worker, beat and relay. They share a folder of counters, so that /metrics adds up all of them."""
    counters = folder / "metrics"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir()
    environment = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(counters)}
    celery = ("-m", "celery", "--quiet", "--app=walletsite")
    # Celery warns of root because of pickled tasks; ours are JSON only.
    worker_environment = {**environment, "PYTHONWARNINGS": "ignore:You're running the worker"}
    return [
        _python("web", *_web_server(host, port), environment={**environment, "DATABASE_PURPOSE": "web"}),
        _python("worker", *celery, "worker", f"--concurrency={WORKER_PROCESSES}", environment=worker_environment),
        _python("beat", *celery, "beat", "--pidfile=", environment=environment),
        _manage("relay", "relay_outbox", environment=environment),
    ]


def _web_server(host: str, port: int) -> tuple[str, ...]:
    """granian, WSGI, few threads: chosen by measurement (docs/adr/0012-web-server.md)."""
    return (
        "-m",
        "granian",
        "--interface=wsgi",
        "--http=1",
        "--no-ws",
        f"--host={host}",
        f"--port={port}",
        f"--workers={WEB_PROCESSES}",
        f"--blocking-threads={WEB_THREADS}",
        f"--backpressure={WEB_THREADS}",
        "--respawn-failed-workers",
        "--respawn-interval=0.5",
        "--workers-kill-timeout=15",
        "--http1-header-read-timeout=10000",
        "--log-level=error",
        "walletsite.wsgi:application",
    )


def _manage(name: str, *arguments: str, environment: Mapping[str, str]) -> Program:
    return _python(name, "manage.py", *arguments, environment=environment)


def _python(name: str, *arguments: str, environment: Mapping[str, str]) -> Program:
    return python_program(name, *arguments, environment=environment, folder=CHECKOUT)
