"""When a message that the broker refused is tried again, and when it is given up (R101, R176, R177)."""

from __future__ import annotations

from datetime import timedelta

MOST_FAILURES = 3
_PAUSES = (timedelta(seconds=10), timedelta(minutes=2))
assert len(_PAUSES) == MOST_FAILURES - 1, "one pause between any two tries"


def pause_after(failures: int, *, jitter: float) -> timedelta | None:
    """How long a message rests after its n-th failure; None when that was the last.

    Args:
        failures: 1 for the first.
        jitter: 0 to 1, by chance: the pause is half to one and a half of what it is on average, so that messages
            which failed together do not come back together.
    """
    if failures >= MOST_FAILURES:
        return None
    return _PAUSES[failures - 1] * (0.5 + jitter)
