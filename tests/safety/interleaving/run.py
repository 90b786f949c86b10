"""The part of a proof: all schedules of each pair as far as the time goes, and drawn ones of each three."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.safety.crash.state import Observer
from tests.safety.interleaving.exploring import Explored, explore
from tests.safety.interleaving.races import PAIRS
from tests.safety.interleaving.sessions import NAME
from tests.safety.interleaving.triples import TRIPLES
from tests.safety.parts import Outcome

MOST = 50_000
FOR_PAIRS = 2 / 3
"""Of the time."""
MOST_TOLD = 20


@contextmanager
def without_deadlock(found: list[str]) -> Iterator[None]:
    """A deadlock would be tried again and so might not be noticed: ask the server."""
    observer = Observer()
    try:
        before = observer.deadlocks()
        yield
        observer.wait_for_end_of(NAME)
        more = observer.deadlocks() - before
        found += [f"{more} deadlocks, says the server"] if more else []
    finally:
        observer.close()


def run(seconds: float, seed: int) -> Outcome:
    """What one race leaves of its time, the next one may use."""
    began, explored, found = time.monotonic(), list[Explored](), list[str]()
    with without_deadlock(found):
        for races, size, end in ((PAIRS, 2, seconds * FOR_PAIRS), (TRIPLES, 3, seconds)):
            for number, race in enumerate(races):
                now = time.monotonic()
                until = now + (began + end - now) / (len(races) - number)
                explored.append(explore(race, size=size, most=MOST, seed=seed, until=until, by_seed=size > 2))
    found += [what for one in explored for what in one.found]
    return Outcome({one.race.name: one.ran for one in explored}, found[:MOST_TOLD], [str(one) for one in explored])
