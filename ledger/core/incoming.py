"""What becomes of an event of another service: its states, and when it is tried again (R178–R180)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

MOST_ATTEMPTS = 3
_FIRST_PAUSE = timedelta(seconds=2)
_GROWTH = 4


class InboxStatus(StrEnum):
    PENDING = "PENDING"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"
    IGNORED = "IGNORED"


FINAL = (InboxStatus.PROCESSED, InboxStatus.IGNORED)
"""What never changes again. A failed event may be tried again, or be let go."""


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None = it has failed for good."""
    return _FIRST_PAUSE * _GROWTH ** (attempts - 1) if attempts < MOST_ATTEMPTS else None
