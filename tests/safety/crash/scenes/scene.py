"""Something that a process does, and what its end has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.safety.crash.lives import Act


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Attributes:
        prepare: makes what it needs, anew each time, and returns what is to be done, which may be done again.
        commits: in how many steps its effect becomes visible. One, wherever money moves.
        resume: what the passing of time does for a process that was killed, such as a lease that ends.
        is_repeatable: whether it is answered the same again, though it has been done.
        has_key: whether a second try is known for one. Otherwise it leaves a command of its own, without effect.
        is_money: whether money or what it may do hangs on it: in `make test` such scenes die at every point.
    """

    name: str
    prepare: Callable[[], Act]
    commits: int = 1
    resume: Callable[[], None] = lambda: None
    is_repeatable: bool = True
    has_key: bool = True
    is_money: bool = False
