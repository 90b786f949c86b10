"""Trying the schedules of a race and looking whether each ends as one of its serial orders does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tests.safety.crash.examining import broken
from tests.safety.interleaving.schedules import (
    Policy,
    Race,
    Tree,
    Try,
    at_most,
    attempt,
    by_chance,
    go_on,
    serial_outcomes,
)
from tests.safety.interleaving.sessions import Sessions

SYSTEMATIC = 2 / 3
"""Of the schedules that may run: how many are taken in order, before the rest is drawn."""


@dataclass(slots=True)
class Explored:
    """What was tried of a race.

    Attributes:
        ran: how many schedules, all different.
        strayed: how many left their branch, because the server woke another one of those who waited.
        is_complete: whether there are no others.
        at_most: how many there would be if nobody ever waited for a lock.
    """

    race: Race
    tried: set[tuple[int, ...]] = field(default_factory=set)
    strayed: int = 0
    is_complete: bool = False
    at_most: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def ran(self) -> int:
        return len(self.tried)

    def __str__(self) -> str:
        extent = "all there are" if self.is_complete else f"of at most {self.at_most}"
        return f"{self.race.name}: {self.ran} schedules, {extent}"


def explore(
    race: Race, *, most: int, seed: int, size: int = 2, until: float | None = None, by_seed: bool = False
) -> Explored:
    """Try schedules of a race until there are no more, `most` have run, or the monotonic clock says `until`.

    Args:
        size: how many sessions meet.
        by_seed: draw all of them.
    """
    explored, random = Explored(race), Random(seed)
    sessions = Sessions(size)
    try:
        serial = serial_outcomes(sessions, race, size)
        explored.at_most = max(at_most(tried.lengths) for tried in serial)
        tree = Tree(random, is_random=by_seed)
        while tree and explored.ran < most and (until is None or time.monotonic() < until):
            tree.is_random = tree.is_random or explored.ran >= most * SYSTEMATIC
            prefix = tree.take()
            policy: Policy = by_chance(random) if tree.is_random else go_on
            tried = attempt(sessions, race, prefix, policy)
            if tuple(tried.steps[: len(prefix)]) == prefix:
                tree.grow(tried, prefix)
            else:
                explored.strayed += 1
            explored.tried.add(tuple(tried.steps))
            explored.found += _judge(race, tried, [one.outcome for one in serial])
        explored.is_complete = not tree and not explored.strayed
    finally:
        sessions.end()
    explored.found += race.finish()
    explored.found += [f"{race.name}: {what}" for what in broken()]
    return explored


def _judge(race: Race, tried: Try, legal: Sequence[object]) -> list[str]:
    found = []
    if tried.outcome not in legal:
        found.append(f"{race.name}, {tried}: {tried.outcome!r} is none of {legal!r}")
    if tried.deadlocks:
        found.append(f"{race.name}, {tried}: {tried.deadlocks} deadlocks")
    return found
