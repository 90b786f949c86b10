"""When a delivery is tried again, and when it is over. The waits are those that Standard Webhooks recommends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first attempt, after the second, …; three days in all."""
MOST_ATTEMPTS = len(WAITS) + 1
JITTER_PERCENT = 10
LONGEST_WISH = timedelta(hours=24)
DISABLED_AFTER = timedelta(days=5)
"""An endpoint that has only failed for so long is switched off."""
GONE = 410
ASKS_TO_WAIT = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt means for its delivery and endpoint. `wait` is None when it is over."""

    is_delivered: bool
    is_gone: bool
    wait: timedelta | None


def judge(*, attempt: int, status: int | None, wished_wait: timedelta | None, jitter_percent: int) -> Verdict:
    """Decide what follows from an attempt.

    Args:
        attempt: 1, 2, 3, … since the delivery was made or last resent.
        status: of the answer; None = there was none.
        wished_wait: the receiver's Retry-After.
        jitter_percent: drawn from 0 to `JITTER_PERCENT`; the wait is longer by so much.
    """
    if status is not None and 200 <= status < 300:
        return Verdict(is_delivered=True, is_gone=False, wait=None)
    if status == GONE or attempt >= MOST_ATTEMPTS:
        return Verdict(is_delivered=False, is_gone=status == GONE, wait=None)
    wait = WAITS[attempt - 1] * (100 + jitter_percent) / 100
    if status in ASKS_TO_WAIT and wished_wait is not None:
        wait = max(wait, min(wished_wait, LONGEST_WISH))
    return Verdict(is_delivered=False, is_gone=False, wait=wait)


def read_retry_after(text: str, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for: seconds or a date (RFC 9110, 10.2.3); None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta())
