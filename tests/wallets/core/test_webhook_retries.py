"""When a delivery is tried again, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wallets.core.webhook_retries import MOST_ATTEMPTS, WAITS, Verdict, judge, read_retry_after

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)


def verdict(status: int | None, attempt: int = 1, wished: timedelta | None = None, jitter: int = 0) -> Verdict:
    return judge(attempt=attempt, status=status, wished_wait=wished, jitter_percent=jitter)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
@pytest.mark.parametrize("attempt", [1, MOST_ATTEMPTS])
def test_success_is_any_2xx(status: int, attempt: int) -> None:
    assert verdict(status, attempt) == Verdict(is_delivered=True, is_gone=False, wait=None)


def test_gone_is_over_at_once() -> None:
    assert verdict(410) == Verdict(is_delivered=False, is_gone=True, wait=None)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 304, 400, 401, 404, 408, 429, 500, 503, 599])
def test_everything_else_is_tried_for_three_days_and_then_given_up(status: int | None) -> None:
    waits = [verdict(status, attempt).wait for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert waits == [*WAITS, None]
    assert sum(WAITS, timedelta()) == timedelta(days=3, hours=3, minutes=35, seconds=5)


def test_jitter_only_lengthens() -> None:
    assert verdict(500, 4, jitter=10).wait == timedelta(hours=2, minutes=12)


@pytest.mark.parametrize(
    ("status", "wished", "wait"),
    [
        (503, HOUR, HOUR),
        (429, HOUR, HOUR),
        (503, timedelta(seconds=1), timedelta(seconds=5)),  # never sooner than without a wish
        (503, timedelta(days=300), timedelta(days=1)),
        (500, HOUR, timedelta(seconds=5)),
        (None, HOUR, timedelta(seconds=5)),
    ],
)
def test_a_wish_to_wait_is_honoured_within_bounds(status: int | None, wished: timedelta, wait: timedelta) -> None:
    assert verdict(status, wished=wished).wait == wait


def test_a_wish_to_wait_does_not_lengthen_the_last_attempt() -> None:
    assert verdict(503, MOST_ATTEMPTS, wished=HOUR).wait is None


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        ("Sat, 14 Mar 2026 17:00:00 GMT", HOUR),
        ("Sat, 14 Mar 2026 15:00:00 GMT", timedelta()),
        ("Sat, 14 Mar 2026 17:00:00 -0000", HOUR),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("١٢", None),
        ("Sat, 99 Mar 2026 17:00:00 GMT", None),
        ("9" * 5000, timedelta(seconds=10**8)),
    ],
)
def test_retry_after(text: str, wait: timedelta | None) -> None:
    assert read_retry_after(text, NOW) == wait
