"""How long a refused message rests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.core.delivery import MOST_FAILURES, pause_after


@pytest.mark.parametrize(
    ("failures", "jitter", "pause"),
    [
        (1, 0.0, timedelta(seconds=5)),
        (1, 0.5, timedelta(seconds=10)),
        (1, 1.0, timedelta(seconds=15)),
        (2, 0.0, timedelta(minutes=1)),
        (2, 1.0, timedelta(minutes=3)),
        (3, 0.5, None),
        (4, 0.5, None),
    ],
)
def test_pauses_grow_and_end(failures: int, jitter: float, pause: timedelta | None) -> None:
    assert pause_after(failures, jitter=jitter) == pause


def test_three_failures_are_the_end() -> None:
    assert MOST_FAILURES == 3
