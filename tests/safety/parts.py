"""What a proof consists of: each part tries something many times and tells what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one part did and saw. One that injected nothing proves nothing: it is void and counts as a failure."""

    injected: dict[str, int]  # what was injected or tried, how often
    found: list[str]  # what is wrong; empty = good
    notes: list[str] = field(default_factory=list)

    @property
    def never_fired(self) -> list[str]:
        """What was meant to be tried and never was."""
        return [what for what, times in self.injected.items() if times == 0]

    @property
    def is_void(self) -> bool:
        return not self.injected or bool(self.never_fired)

    @property
    def is_good(self) -> bool:
        return not self.found and not self.is_void


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to try; sub-packages offer theirs as `PARTS`."""

    name: str
    run: Callable[[float, int], Outcome]  # seconds it may take, seed
    share: float = 1.0  # of the time of a run
