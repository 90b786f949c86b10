"""One canary let loose: what noticed it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError

from tests.safety.arena import Arena, new_arena, new_ground
from tests.safety.canaries.bugs import CANARIES
from tests.safety.canaries.canary import Canary
from tests.safety.checker import check
from tests.safety.histories import run_history, run_tour
from tests.safety.parts import Outcome

BROKE = "it broke"


@dataclass(frozen=True, slots=True)
class Catch:
    """What a canary's run said."""

    canary: Canary
    words: tuple[str, ...]

    @property
    def invariants(self) -> list[str]:
        """In the order of their numbers."""
        found = {word.split(":", 1)[0] for word in self.words}
        return sorted(found, key=lambda name: (not name.startswith("I"), len(name), name))

    @property
    def is_caught(self) -> bool:
        """By what it should be caught by: a fault that trips something else by chance is not understood."""
        return not self.canary.caught_by.isdisjoint(self.invariants)


def let_loose(arena: Arena, canary: Canary, seed: int = 1) -> Catch:
    """Put the fault in, let a short history happen, and look."""
    with canary.bug(arena):
        if canary.is_standing:
            return Catch(canary, tuple(map(str, check(arena.superuser_url).violations)))
        try:
            run = run_history(arena, seed, wishes=15, is_long=False) if canary.is_race else run_tour(arena)
        except (AssertionError, DatabaseError, KeyError, ValueError) as error:
            return Catch(canary, (f"{BROKE}: {type(error).__name__} {error}"[:500],))
    return Catch(canary, tuple(run.found))


def run_canaries(_: float, seed: int) -> Outcome:
    """All of them, however long it takes."""
    with new_ground() as ground:
        catches = []
        for canary in CANARIES:
            with new_arena(ground) as arena:
                catches.append(let_loose(arena, canary, seed))
    return outcome_of(catches)


def outcome_of(catches: list[Catch]) -> Outcome:
    """A canary that nobody noticed is a fault of the proof."""
    missed = [f"I31: {one.canary.name}: only {one.invariants} noticed" for one in catches if not one.is_caught]
    notes = [f"{one.canary.name} | {', '.join(one.invariants)}" for one in catches]
    return Outcome({"faults put in": len(catches)}, missed, notes)
