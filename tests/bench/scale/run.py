"""Two ledgers are filled and verified; then everything is measured on both, one right after the other, in rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench.scale import measures
from tests.bench.scale.figures import LARGE, POSTING, REPLAY, SMALL, WEIGHTS, Figures
from tests.bench.scale.ledgers import Ledger, copy_of, make_ledger, on
from tests.chaos.servers import Installation
from walletsite.memory import settle

Measure = Callable[[], float]
BATCHES = (512, 1)
MACHINE = "machine alone, additions/s"


def make_ledgers(
    installed: Installation, *, postings: int, reference: int, wallets: int, console: Console
) -> dict[str, Ledger]:
    """Two databases of the server: one with as many postings as wished, the other with those of the reference."""
    url, wanted = installed.postgres.server.url(), {SMALL: reference, LARGE: postings}
    for name in wanted:
        copy_of(url, "wallet", f"wallet_{name}")
    with Progress(*_COLUMNS, console=console) as progress:
        return {
            name: make_ledger(url, f"wallet_{name}", wallets=wallets, postings=size, progress=progress)
            for name, size in wanted.items()
        }


_COLUMNS = (
    TextColumn("Filling: {task.description}"),
    BarColumn(),
    TextColumn("{task.percentage:.0f} %"),
    TimeElapsedColumn(),
)


def run(ledgers: dict[str, Ledger], *, rounds: int, seconds: float, console: Console) -> Figures:
    """Verify both, measure both `rounds` times, replay both."""
    settle()  # as the web processes do, whose place this one takes
    figures = Figures({name: ledger.scale.postings for name, ledger in ledgers.items()})
    for name, ledger in ledgers.items():
        figures.sizes[name] = measures.sizes(ledger)
        _verify(figures, name, ledger, console)
    all_measures = {name: dict(_measures(ledger, figures, name, seconds)) for name, ledger in ledgers.items()}
    with Progress(console=console) as progress:
        task = progress.add_task("Measuring", total=rounds * len(all_measures[LARGE]))
        for _ in range(rounds):
            for what in all_measures[LARGE]:
                for name, ledger in ledgers.items():
                    with on(ledger.connection):
                        figures.add(what, name, all_measures[name][what]())
                progress.advance(task)
    for name, ledger in ledgers.items():
        _replay(figures, name, ledger, console)
    return figures


def _measures(ledger: Ledger, figures: Figures, name: str, seconds: float) -> Iterator[tuple[str, Measure]]:
    yield MACHINE, partial(measures.machine, seconds / 2)
    for size in BATCHES:
        yield POSTING.format(size), partial(measures.post, ledger, size, seconds)
    for what, read in measures.readings(ledger):
        yield f"{what}, ms", partial(_read, read, figures, what, name)


def _read(read: Callable[[], measures.Reading], figures: Figures, what: str, name: str) -> float:
    reading = read()
    figures.add(f"{what}, months", name, reading.months)
    return reading.milliseconds


def _verify(figures: Figures, name: str, ledger: Ledger, console: Console) -> None:
    with on(ledger.connection):
        held, seconds = measures.verify(ledger)
    figures.add("verify_ledger, s", name, seconds)
    console.print(f"{ledger.scale.postings:,} postings: all {held} invariants hold ({seconds:.1f} s)")


def _replay(figures: Figures, name: str, ledger: Ledger, console: Console) -> None:
    told = measures.replay(ledger)
    figures.add(REPLAY, name, told["events"] / told["seconds"])
    for what, key in zip((*WEIGHTS, "replay, MiB at most"), ("at_a_quarter", "at_the_end", "peak"), strict=True):
        figures.add(what, name, told[key])
    console.print(f"{told['events']:,} events give exactly the accounts that are stored ({told['seconds']:.1f} s)")
