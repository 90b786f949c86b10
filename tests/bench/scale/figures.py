"""What was seen of a small and of a large ledger, side by side, and the goals."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

SMALL, LARGE = "small", "large"
REPLAY, POSTING = "replay, events/s", "post {}, transfers/s"
BALANCE, PAGES = "balance at an instant, ms", ("history, first page, ms", "history, deep page, ms")
WEIGHTS = ("replay, MiB at a quarter", "replay, MiB at the end")


@dataclass
class Figures:
    """By name and by ledger: one value per round, or one in all."""

    postings: dict[str, int]
    seen: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    sizes: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)

    def add(self, name: str, ledger: str, value: float) -> None:
        self.seen.setdefault(name, {SMALL: [], LARGE: []})[ledger].append(value)

    def median(self, name: str, ledger: str = LARGE) -> float:
        return statistics.median(self.seen[name][ledger])

    def ratio(self, name: str) -> float:
        """Large to small, round by round, so that what slowed down a whole round is in both."""
        pairs = zip(self.seen[name][LARGE], self.seen[name][SMALL], strict=True)
        return statistics.median(large / small for large, small in pairs)

    def bytes_per_posting(self, ledger: str) -> float:
        return sum(table + indexes for table, indexes in self.sizes[ledger].values())


@dataclass(frozen=True)
class Goal:
    """What issue 8 asks for, and what was seen."""

    what: str
    seen: Callable[[Figures], float]
    least: float = 0
    most: float = float("inf")

    def is_met(self, figures: Figures) -> bool:
        return self.least <= self.seen(figures) <= self.most


def _of(name: str) -> Callable[[Figures], float]:
    return lambda figures: figures.median(name)


def _growth(figures: Figures) -> float:
    early, late = (figures.median(name) for name in WEIGHTS)
    return late / early


GOALS = (
    Goal("posting, batches of 512: large / small", lambda f: f.ratio(POSTING.format(512)), least=0.9),
    Goal("posting one by one: large / small", lambda f: f.ratio(POSTING.format(1)), least=0.9),
    *(Goal(name, _of(name), most=5) for name in (*PAGES, BALANCE)),
    *(
        Goal(f"{name}, of the hot wallet", _of(f"{name.removesuffix(', ms')}, hot wallet, ms"), most=5)
        for name in (*PAGES, BALANCE)
    ),
    Goal("replay, events/s", _of(REPLAY), least=50_000),
    Goal("memory of a replay, end / quarter", _growth, most=1.1),
)


def show(figures: Figures, console: Console) -> None:
    small, large = (f"{figures.postings[ledger]:,} postings" for ledger in (SMALL, LARGE))
    table = _table("Medians", "what", small, large, "large / small")
    for name in figures.seen:
        row = [f"{figures.median(name, ledger):,.2f}" for ledger in (SMALL, LARGE)]
        table.add_row(name, *row, f"{figures.ratio(name):.2f}")
    console.print(table)
    sizes = _table("Bytes per posting: table and indexes", "table", small, large)
    for name in figures.sizes[LARGE]:
        sizes.add_row(name, *("{:,.0f} + {:,.0f}".format(*figures.sizes[ledger][name]) for ledger in (SMALL, LARGE)))
    sizes.add_row("in all", *(f"{figures.bytes_per_posting(ledger):,.0f}" for ledger in (SMALL, LARGE)))
    console.print(sizes)
    goals = _table("Goals", "what", "seen", "wanted", "")
    for goal in GOALS:
        wanted = f"≥ {goal.least:g}" if goal.least else f"≤ {goal.most:g}"
        goals.add_row(goal.what, f"{goal.seen(figures):,.2f}", wanted, "met" if goal.is_met(figures) else "missed")
    console.print(goals)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    return table


def as_json(figures: Figures) -> dict[str, Any]:
    return {
        "postings": figures.postings,
        "figures": {
            name: {
                **{ledger: figures.median(name, ledger) for ledger in (SMALL, LARGE)},
                "large_to_small": figures.ratio(name),
                "rounds": rounds,
            }
            for name, rounds in figures.seen.items()
        },
        "bytes_per_posting": figures.sizes,
        "goals": [{"what": goal.what, "seen": goal.seen(figures), "is_met": goal.is_met(figures)} for goal in GOALS],
    }
