"""The two stories: everything dies at random under load; and the broker is gone for a long while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import Error, connections
from rich.console import Console
from rich.progress import Progress

from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from tests.chaos import checks
from tests.chaos.load import Load, Wish
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


def run_chaos(installed: Installation, *, minutes: float, seed: int, console: Console, patience: float) -> Report:
    """Kill at random for so long under load, then look whether all that was promised was kept.

    Args:
        patience: how many times longer than promised recovering may take; for machines that do other things too.
    """
    report, may_lose = Report(patience), not installed.is_rabbitmq
    with stage(installed, seed=seed) as everything:
        nemesis = Nemesis(_victims(installed), seed=seed, seconds=minutes * 60)
        for active in (everything.load, everything.partner, nemesis):
            active.begin()
        try:
            _show_time(minutes * 60, f"kill -9 at random, seed {seed}", console, everything)
        finally:
            nemesis.stop()
        for name in LIVES_SECONDS:
            report.require(f"kill -9 of {name}", nemesis.kills[name], nemesis.kills[name] > 0)
        stopped_at, since = time.monotonic(), _patiently(database_now)
        everything.load.stop()
        everything.partner.stop()
        _require_drained(report, everything)
        _require_within(report, "the jobs run", DRAIN_SECONDS, lambda: checks.job_has_run_since(since))
        _require_within(report, "webhooks are delivered", HOOK_SECONDS, lambda: checks.hooks_are_delivered(everything))
        report.note("seconds from the last fault until all that", round(time.monotonic() - stopped_at))
        _require_alive(report, installed)
        check_everything(everything, report, may_lose=may_lose)
    return report


def run_silence(installed: Installation, *, minutes: float, seed: int, console: Console, patience: float) -> Report:
    """Take the broker away for so long; requests have to go on as before, and what has gathered has to be told."""
    report, may_lose = Report(patience), not installed.is_rabbitmq
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
        told_at = time.monotonic()
        _show_time(quarter, "with the broker again", console, everything)
        stopped_at = time.monotonic()
        load.stop()
        _require_drained(report, everything)
        report.require("messages that had gathered", gathered, gathered > 0)
        _compare(report, load, Absence(began, ended, told_at, until=stopped_at))
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
            everything.installed.revive()
            bar.update(task, completed=seconds - left, description=f"{what}: {len(everything.load.wishes)} requests")


def _require_drained(report: Report, everything: Stage) -> None:
    limit = DRAIN_SECONDS if everything.installed.is_rabbitmq else VALKEY_DRAIN_SECONDS
    _require_within(report, "outbox, queue and inbox are empty", limit, lambda: checks.is_drained(everything))


def _require_within(report: Report, what: str, seconds: float, is_so: Callable[[], bool]) -> None:
    began, seconds = time.monotonic(), seconds * report.patience
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
    """Whatever is lost, processes wait for it. Beat alone ends when the database is away while it starts."""
    installed.revive()
    ended = {name: process.ended_by_itself for name, process in installed.processes.items() if process.ended_by_itself}
    said = ", ".join(f"{name} {times}" for name, times in ended.items())
    report.require("processes that ended by themselves", said or 0, not ended.keys() - {"beat"})


@dataclass(frozen=True)
class Absence:
    """When the broker was away, and when all was as before again until the load ended (seconds of the clock)."""

    began: float
    ended: float
    settled: float
    until: float

    def is_within(self, wish: Wish) -> bool:
        return self.began <= wish.answered_at < self.ended

    def is_outside(self, wish: Wish) -> bool:
        return wish.answered_at < self.began or self.settled <= wish.answered_at < self.until


def _compare(report: Report, load: Load, absence: Absence) -> None:
    """Requests without the broker and with it, before and afterwards together: a machine does other things too."""
    without = [wish for wish in load.wishes if absence.is_within(wish)]
    outside = [wish for wish in load.wishes if absence.is_outside(wish)]
    seconds = absence.began - load.wishes[0].answered_at + absence.until - absence.settled
    rates = len(without) / (absence.ended - absence.began), len(outside) / seconds
    times = [statistics.median(wish.seconds for wish in wishes) for wishes in (without, outside)]
    report.note("requests without the broker", len(without))
    report.note("their rate, as a part of that with the broker", f"{rates[0] / rates[1]:.2f}")
    report.note("their median time, as a multiple of that with it", f"{times[0] / times[1]:.2f}")
    failed = sum(wish.tries > 1 for wish in without)
    report.require_none("requests that had to be repeated without the broker", failed, of=len(without))
