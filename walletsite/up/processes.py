"""What runs: the steps before, and the processes of the service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from walletsite.embedded.places import CHECKOUT
from walletsite.programs import Program, python_program

WEB_PROCESSES = os.environ.get("WEB_PROCESSES", "2")
WEB_THREADS = os.environ.get("WEB_THREADS", "8")
WORKER_PROCESSES = os.environ.get("WORKER_PROCESSES", "2")


def preparation(environment: Mapping[str, str]) -> list[Program]:
    """What must have ended well before anybody may use the database."""
    steps = [_manage("prepare", "prepare_database", environment=environment)]
    if not _is_demo(environment):
        steps.append(_manage("collect", "collectstatic", "--noinput", "--verbosity=0", environment=environment))
    return steps


def seeding(environment: Mapping[str, str]) -> list[Program]:
    """What makes the demo company. At later starts it only looks."""
    return [_manage("seed", "seed_demo", environment=environment)] if _is_demo(environment) else []


def shared_counters(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment with an empty folder in which all processes count, so that /metrics adds them up."""
    counters = folder / "metrics"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir()
    return {**environment, "PROMETHEUS_MULTIPROC_DIR": str(counters)}


def web_program(environment: Mapping[str, str], *, host: str, port: int) -> Program:
    return _python("web", *_web_server(host, port), environment={**environment, "DATABASE_PURPOSE": "web"})


def background_programs(environment: Mapping[str, str]) -> list[Program]:
    """Worker, beat, relay, consumer and the sender of webhooks."""
    celery = ("-m", "celery", "--quiet", "--app=walletsite")
    # Celery warns of root because of pickled tasks; ours are JSON only.
    worker_environment = {**environment, "PYTHONWARNINGS": "ignore:You're running the worker"}
    return [
        _python("worker", *celery, "worker", f"--concurrency={WORKER_PROCESSES}", environment=worker_environment),
        _python("beat", *celery, "beat", "--pidfile=", environment=environment),
        _manage("relay", "relay_outbox", environment=environment),
        _manage("consumer", "consume_events", environment=environment),
        _manage("webhooks", "send_webhooks", environment=environment),
    ]


def _is_demo(environment: Mapping[str, str]) -> bool:
    return environment.get("PROFILE", "development") == "development"


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
