"""Figures of a run: medians over interleaved rounds, each beside a reference, and the goals."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.stage import Load


@dataclass
class Figures:
    """What was measured, by name, one value per round; and what came with it."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    loads: dict[str, list[Load]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, rate: float) -> None:
        self.rates.setdefault(name, []).append(rate)

    def add_load(self, name: str, load: Load) -> None:
        self.add(name, load.rate)
        self.loads.setdefault(name, []).append(load)

    def rate(self, name: str) -> float:
        return statistics.median(self.rates[name])

    def p99(self, name: str) -> float:
        return statistics.median(load.p99 for load in self.loads[name])

    def ratio(self, name: str, reference: str) -> float:
        """Round by round, so that what slowed down a whole round is in both."""
        pairs = zip(self.rates[name], self.rates[reference], strict=True)
        return statistics.median(rate / base for rate, base in pairs)


@dataclass(frozen=True)
class Goal:
    """What issue 8 asks for, and what was seen."""

    what: str
    seen: Callable[[Figures], float]
    least: float = 0
    most: float = float("inf")

    def is_met(self, figures: Figures) -> bool:
        return self.least <= self.seen(figures) <= self.most


WEIGHED = ("web", "worker", "beat", "relay")
LIMIT, EMPTY = "limit, many wallets", "empty request, {} connections"
GOALS = (
    Goal("batches of 512 / limit", lambda f: f.ratio("post 512, many", LIMIT), least=2.0),
    Goal("batches of 512, hot / many", lambda f: f.ratio("post 512, hot", "post 512, many"), least=0.9),
    Goal("transfers/s, 32 connections", lambda f: f.rate("transfer, many, 32 connections"), least=1000),
    Goal("their p99, ms", lambda f: f.p99("transfer, many, 32 connections"), most=200),
    Goal(
        "transfers / empty requests, 128 connections",
        lambda f: f.ratio("transfer, many, 128 connections", EMPTY.format(128)),
        least=1.0,
    ),
    Goal(
        "transfers, hot / many, 128 connections",
        lambda f: f.ratio("transfer, hot, 128 connections", "transfer, many, 128 connections"),
        least=0.9,
    ),
    Goal("batch endpoint / limit", lambda f: f.ratio("batch endpoint", LIMIT), least=2.0),
    Goal("balances / empty requests", lambda f: f.ratio("balance, cached", EMPTY.format(32)), least=0.9),
    Goal("balance p99, ms", lambda f: f.p99("balance, cached"), most=20),
    Goal("cost of seven rules, batches of 512", lambda f: f.ratio("post 512, many", "post 512, seven rules"), most=2.0),
    Goal("web, worker, beat and relay, MiB", lambda f: sum(map(f.memory.__getitem__, WEIGHED)), most=600),
)


def show(figures: Figures, console: Console) -> None:
    table = Table(title="Medians of the rounds")
    for heading in ("what", "per second", "/ limit", "p50 ms", "p99 ms", "CPU ms: server", "database", "generator"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name in figures.rates:
        table.add_row(name, f"{figures.rate(name):,.0f}", f"{figures.ratio(name, LIMIT):.2f}", *_of_load(figures, name))
    console.print(table)
    weights = Table(title="Memory, MiB")
    weights.add_column("program")
    weights.add_column("MiB", justify="right")
    for program, weight in figures.memory.items():
        weights.add_row(program, str(weight))
    console.print(weights)
    goals = Table(title="Goals")
    for heading in ("what", "seen", "wanted", ""):
        goals.add_column(heading)
    for goal in GOALS:
        wanted = f"≥ {goal.least:g}" if goal.least else f"≤ {goal.most:g}"
        met = goal.is_met(figures)
        goals.add_row(goal.what, f"{goal.seen(figures):,.2f}", wanted, "met" if met else "missed")
    console.print(goals)


def _of_load(figures: Figures, name: str) -> list[str]:
    loads = figures.loads.get(name)
    if loads is None:
        own = figures.cpu.get(name)
        return ["", "", f"{statistics.median(own):.3f}" if own else "", "", ""]
    fields = ("p50", "p99", "server", "database", "generator")
    return [f"{statistics.median(getattr(load, field) for load in loads):.2f}" for field in fields]


def as_json(figures: Figures) -> dict[str, Any]:
    return {
        "figures": {
            name: {
                "per_second": figures.rate(name),
                "to_limit": figures.ratio(name, LIMIT),
                "rounds": rates,
                "loads": [asdict(load) for load in figures.loads.get(name, [])],
            }
            for name, rates in figures.rates.items()
        },
        "memory_mib": figures.memory,
        "goals": [{"what": goal.what, "seen": goal.seen(figures), "is_met": goal.is_met(figures)} for goal in GOALS],
    }
