"""When an e-mail is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""After the first attempt, the second, and so on; after the last of them there is one more."""
MAX_AGE = timedelta(days=3)
"""News that are older are mailed to nobody any more."""


def wait_after(attempt: int) -> timedelta | None:
    """How long to wait after a failed attempt (the first is 1); None = give it up."""
    return WAITS[attempt - 1] if attempt <= len(WAITS) else None
