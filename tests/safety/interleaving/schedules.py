"""Every order in which the statements of some sessions can come, each tried once.

Orders form a tree: wherever more than one session could go on, there is a branch. A try follows a branch to a leaf and
leaves the branches that it passed by for later; those with the fewest switches between sessions come first, for most
faults need one or two. What there is no time for is drawn by the seed.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, permutations
from math import factorial, prod
from random import Random
from typing import Any

from tests.ledger.sessions import PATIENCE_SECONDS
from tests.safety.interleaving.sessions import Action, Sessions, Stand

Policy = Callable[[Sequence[int], Sequence[int]], int]
"""Which of those that are ready goes on, after the steps so far."""
NAMES = "ABC"


@dataclass(frozen=True, slots=True)
class Encounter:
    """What meets, made anew for each schedule.

    Attributes:
        outcome: what has become of it, from what the actions returned or raised; the same for the same state.
    """

    actions: tuple[Action, ...]
    outcome: Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Race:
    """
    Attributes:
        finish: what can only be looked at when all schedules are over; what is wrong then.
    """

    name: str
    prepare: Callable[[], Encounter]
    finish: Callable[[], list[str]] = list


@dataclass(slots=True)
class Try:
    """One schedule: which session took each step, and who else could have."""

    steps: list[int] = field(default_factory=list)
    ready: list[tuple[int, ...]] = field(default_factory=list)
    outcome: Any = None
    lengths: tuple[int, ...] = ()
    deadlocks: int = 0

    def __str__(self) -> str:
        return "".join(NAMES[step] for step in self.steps)


def go_on(ready: Sequence[int], steps: Sequence[int]) -> int:
    """No switch unless there has to be one."""
    return steps[-1] if steps and steps[-1] in ready else ready[0]


def in_order(order: Sequence[int]) -> Policy:
    """One after the other."""
    return lambda ready, steps: next(session for session in order if session in ready)


def by_chance(random: Random) -> Policy:
    return lambda ready, steps: random.choice(ready)


def attempt(sessions: Sessions, race: Race, prefix: Sequence[int], then: Policy) -> Try:
    """Let a race happen: these steps first, then whoever the policy says."""
    encounter, tried = race.prepare(), Try()
    sessions.begin(list(encounter.actions))
    while ready := _ready(sessions):
        at = len(tried.steps)
        wanted = prefix[at] if at < len(prefix) else None
        step = wanted if wanted in ready else then(ready, tried.steps)
        assert step is not None, "somebody is ready"
        tried.steps.append(step)
        tried.ready.append(ready)
        sessions.all[step].step()
        sessions.settle()
    tried.deadlocks = sum(session.deadlocks for session in sessions.all)
    tried.lengths = tuple(len(session.steps) for session in sessions.all)
    tried.outcome = encounter.outcome([session.result for session in sessions.all])
    return tried


def _ready(sessions: Sessions) -> tuple[int, ...]:
    """Who can go on. Nobody while somebody waits is a deadlock: the server ends it after a second."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        ready = tuple(n for n, session in enumerate(sessions.all) if session.stand is Stand.READY)
        if ready or all(session.stand is Stand.DONE for session in sessions.all):
            return ready
        assert time.monotonic() < give_up_at, "nobody goes on"
        sessions.settle()


def serial_outcomes(sessions: Sessions, race: Race, size: int) -> list[Try]:
    """What may come of it: what each order of the whole actions leads to."""
    return [attempt(sessions, race, (), in_order(order)) for order in permutations(range(size))]


@dataclass(slots=True)
class Tree:
    """The schedules of a race that have not been tried.

    Attributes:
        is_random: draw by chance from now on, instead of taking those with the fewest switches first.
    """

    random: Random
    is_random: bool = False
    _waiting: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=lambda: [(0, 0, ())])
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self) -> tuple[int, ...]:
        """A branch that nobody has followed."""
        if not self.is_random:
            return heapq.heappop(self._waiting)[2]
        at = self.random.randrange(len(self._waiting))
        self._waiting[at], self._waiting[-1] = self._waiting[-1], self._waiting[at]
        return self._waiting.pop()[2]

    def grow(self, tried: Try, followed: Sequence[int]) -> None:
        """Keep the branches that a try has passed by."""
        switches = 0
        for at, (step, ready) in enumerate(zip(tried.steps, tried.ready, strict=True)):
            earlier = tried.steps[at - 1] if at else None
            if at >= len(followed):
                for other in ready:
                    if other != step:
                        cost = switches + (earlier in ready and other != earlier)
                        branch = (cost, next(self._numbers), (*tried.steps[:at], other))
                        self._keep(branch)
            switches += earlier in ready and step != earlier

    def _keep(self, branch: tuple[int, int, tuple[int, ...]]) -> None:
        if self.is_random:
            self._waiting.append(branch)
        else:
            heapq.heappush(self._waiting, branch)


def at_most(lengths: Sequence[int]) -> int:
    """How many orders there are of so many steps, if nobody ever waited for a lock."""
    return factorial(sum(lengths)) // prod(factorial(length) for length in lengths)
