"""The two stories: everything dies at random under load; and the broker is gone for a long while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connections
from rich.console import Console
from rich.progress import Progress

from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from tests.chaos import checks
from tests.chaos.load import Load
from tests.chaos.nemesis import Nemesis
from tests.chaos.report import Report
from tests.chaos.servers import Installation, Victim
from tests.chaos.stage import Stage, stage

T = TypeVar("T")
LIVES_SECONDS = {"relay": 20.0, "consumer": 20.0, "broker": 45.0, "database": 45.0, "webhooks": 45.0, "worker": 60.0}
"""On average, until it is killed again."""
DRAIN_SECONDS = 60
VALKEY_DRAIN_SECONDS = 180
"""What a killed consumer had taken from Valkey comes back after a minute (`visibility_timeout`)."""
HOOK_SECONDS = 120
"""What a killed sender of webhooks had claimed is free again after a minute (its lease)."""


def run_chaos(installed: Installation, *, minutes: float, seed: int, console: Console) -> Report:
    """Kill at random for so long under load, then look whether all that was promised was kept."""
    report, may_lose = Report(), not installed.is_rabbitmq
    with stage(installed, seed=seed) as everything:
        nemesis = Nemesis(_victims(installed), seed=seed, seconds=minutes * 60)
        for active in (everything.load, everything.partner, nemesis):
            active.begin()
        _show_time(minutes * 60, f"kill -9 at random, seed {seed}", console, everything)
        nemesis.stop()
        for name in LIVES_SECONDS:
            report.require(f"kill -9 of {name}", nemesis.kills[name], nemesis.kills[name] > 0)
        stopped_at, since = time.monotonic(), _patiently(database_now)
        everything.load.stop()
        everything.partner.stop()
        limit = DRAIN_SECONDS if installed.is_rabbitmq else VALKEY_DRAIN_SECONDS
        _require_within(report, "outbox, queue and inbox are empty", limit, lambda: checks.is_drained(everything))
        _require_within(report, "the jobs run", DRAIN_SECONDS, lambda: checks.job_has_run_since(since))
        _require_within(report, "webhooks are delivered", HOOK_SECONDS, lambda: checks.hooks_are_delivered(everything))
        report.note("seconds from the last fault until all that", round(time.monotonic() - stopped_at))
        _require_alive(report, installed)
        check_everything(everything, report, may_lose=may_lose)
    return report


def run_silence(installed: Installation, *, minutes: float, seed: int, console: Console) -> Report:
    """Take the broker away for so long; requests have to go on as before, and what has gathered has to be told."""
    report, may_lose = Report(), not installed.is_rabbitmq
    with stage(installed, seed=seed) as everything:
        load = everything.load
        load.begin()
        quarter = max(minutes * 60 / 4, 15)
        _show_time(quarter, "with the broker", console, everything)
        began = time.monotonic()
        installed.broker.kill()
        _show_time(minutes * 60, "without the broker", console, everything)
        gathered = _patiently(lambda: OutboxMessage.objects.filter(status="PENDING").count())
        ended, until = time.monotonic(), _patiently(database_now)
        installed.broker.start()
        _require_within(report, "what had gathered is told", DRAIN_SECONDS, lambda: checks.has_told(until))
        _show_time(quarter, "with the broker again", console, everything)
        load.stop()
        limit = DRAIN_SECONDS if installed.is_rabbitmq else VALKEY_DRAIN_SECONDS
        _require_within(report, "outbox, queue and inbox are empty", limit, lambda: checks.is_drained(everything))
        report.require("messages that had gathered", gathered, gathered > 0)
        _compare(report, load, began, ended)
        check_everything(everything, report, may_lose=may_lose)
    return report


def check_everything(everything: Stage, report: Report, *, may_lose: bool) -> None:
    checks.check_requests(everything, report)
    checks.check_incoming(everything, report, may_lose=may_lose)
    checks.check_balances(everything, report)
    checks.check_outgoing(everything, report, may_lose=may_lose)
    checks.check_ledger(report)


def _victims(installed: Installation) -> dict[str, tuple[Victim, float]]:
    there: dict[str, Victim] = {**installed.processes, "broker": installed.broker, "database": installed.postgres}
    return {name: (there[name], seconds) for name, seconds in LIVES_SECONDS.items()}


def _show_time(seconds: float, what: str, console: Console, everything: Stage) -> None:
    deadline = time.monotonic() + seconds
    with Progress(console=console) as bar:
        task = bar.add_task(what, total=seconds)
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(1, left))
            bar.update(task, completed=seconds - left, description=f"{what}: {len(everything.load.wishes)} requests")


def _require_within(report: Report, what: str, seconds: float, is_so: Callable[[], bool]) -> None:
    """Wait for it; that nothing is lost and everything recovers is what counts, how fast is a figure."""
    began = time.monotonic()
    while not _patiently(is_so):
        if time.monotonic() - began > seconds:
            report.require(f"{what} within {seconds:.0f} s", "no", is_kept=False)
            return
        time.sleep(0.5)
    report.require(f"{what} within {seconds:.0f} s", f"after {time.monotonic() - began:.0f} s", is_kept=True)


def _patiently(ask: Callable[[], T]) -> T:
    """Ask a database that may have been started again since we were connected to it."""
    try:
        return ask()
    except Error:
        connections.close_all()
        return ask()


def _require_alive(report: Report, installed: Installation) -> None:
    """Nothing that nobody killed has ended by itself."""
    ended = [name for name, process in installed.processes.items() if process.has_ended()]
    report.require("processes that ended by themselves", ", ".join(ended) or 0, not ended)


def _compare(report: Report, load: Load, began: float, ended: float) -> None:
    first = load.wishes[0].answered_at
    with_broker = [w for w in load.wishes if w.answered_at < began]
    without = [w for w in load.wishes if began <= w.answered_at < ended]
    rates = len(without) / (ended - began), len(with_broker) / (began - first)
    times = [statistics.median(wish.seconds for wish in wishes) for wishes in (without, with_broker)]
    report.note("requests without the broker", len(without))
    report.note("their rate, as a part of that with the broker", f"{rates[0] / rates[1]:.2f}")
    report.note("their median time, as a multiple of that with it", f"{times[0] / times[1]:.2f}")
    failed = sum(wish.tries > 1 for wish in without)
    report.require_none("requests that had to be repeated without the broker", failed, of=len(without))
