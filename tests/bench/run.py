"""The rounds: everything is measured once in each, one thing after the other, so that a slow minute is in all of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console

from tests.bench.figures import EMPTY, LIMIT, Figures
from tests.bench.generator import BATCH_ROWS
from tests.bench.posting import SIZES
from tests.bench.stage import Stage, stage
from tests.chaos.servers import Installation

CONNECTIONS = (1, 8, 32, 128)
BATCH_CONNECTIONS = 2
PEER_SIZES = (1, 512)
SETTLE_SECONDS = 15
"""Until worker and the others have loaded what they load."""

Measure = Callable[[Figures, str], None]


def run(installed: Installation, *, rounds: int, seconds: float, console: Console) -> Figures:
    """Measure everything `rounds` times, for about `seconds` each."""
    figures = Figures()
    with stage(installed) as ready:
        measures = dict(_measures(ready, seconds))
        for number in range(rounds):
            for name, measure in measures.items():
                console.print(f"round {number + 1} of {rounds}: {name}", end="\r")
                measure(figures, name)
        installed.start_background()
        time.sleep(SETTLE_SECONDS)
        figures.memory = ready.memory()
    return figures


def _measures(ready: Stage, seconds: float) -> Iterator[tuple[str, Measure]]:
    yield "machine alone: SHA-256 of 64 KiB", partial(_machine, seconds=seconds / 2)
    yield LIMIT, lambda figures, name: figures.add(name, ready.limit.run("many", seconds))
    yield "limit, one hot wallet", lambda figures, name: figures.add(name, ready.limit.run("hot", seconds))
    for size in SIZES:
        yield f"post {size}, many", partial(_post, ready, size, seconds)
        yield f"post {size}, hot", partial(_post, ready, size, seconds, is_hot=True)
    yield "post 512, seven rules", partial(_post, ready, 512, seconds, is_ruled=True)
    yield from _peer_measures(ready, seconds)
    for number in CONNECTIONS:
        yield EMPTY.format(number), partial(_load, ready, "get", number, seconds, paths=["/bench/empty"])
        yield f"transfer, many, {number} connections", partial(_load, ready, "transfer", number, seconds)
        hot = ready.wallets[0]
        yield f"transfer, hot, {number} connections", partial(_load, ready, "transfer", number, seconds, hot=hot)
    yield "batch endpoint", partial(_batches, ready, seconds)
    for name, path in (
        ("balance, cached", "/v1/wallets/{}/balance"),
        ("balance at an instant", "/v1/wallets/{}/balance?at=2100-01-01T00:00:00Z"),
        ("history page", "/v1/wallets/{}/transactions"),
    ):
        paths = [path.format(wallet) for wallet in ready.wallets]
        yield name, partial(_load, ready, "get", 32, seconds, paths=paths)


def _peer_measures(ready: Stage, seconds: float) -> Iterator[tuple[str, Measure]]:
    peer = ready.peer
    if peer is None:
        return
    for size in PEER_SIZES:
        for kind, is_hot in (("many", False), ("hot", True)):
            transfer = partial(peer.run, size, seconds, is_hot=is_hot)
            yield f"django-hordak, {size}, {kind}", partial(_peer, transfer)


def _peer(transfer: Callable[[], float], figures: Figures, name: str) -> None:
    figures.add(name, transfer())


def _machine(figures: Figures, name: str, *, seconds: float) -> None:
    block, count, began = bytes(65_536), 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        hashlib.sha256(block)
        count += 1
    figures.add(name, count / (time.perf_counter() - began))


def _post(ready: Stage, size: int, seconds: float, figures: Figures, name: str, **kind: bool) -> None:
    rate, cpu = ready.posting.run(size, seconds, **kind)
    figures.add(name, rate)
    figures.cpu.setdefault(name, []).append(cpu * 1000)


def _load(ready: Stage, kind: str, number: int, seconds: float, figures: Figures, name: str, **job: object) -> None:
    seen = ready.load(kind, number, seconds, **job)
    strange = {code: count for code, count in seen.codes.items() if not code.startswith("2")}
    assert not strange, f"{name}: {strange}"
    figures.add_load(name, seen)


def _batches(ready: Stage, seconds: float, figures: Figures, name: str) -> None:
    seen = ready.load("batch", BATCH_CONNECTIONS, max(seconds, 3))
    figures.add(name, seen.rate * BATCH_ROWS)
