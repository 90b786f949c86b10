"""The one door to Redis. What is behind it may vanish, hang or forget: nothing of value is kept there.

A call that fails costs at most the socket timeout, and for a moment after it nobody even tries.
redis-py's own default, ten retries, makes a hung server cost 6.6 s a call (ADR 0009).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import TypeVar

import redis
from django.conf import settings

Result = TypeVar("Result")

TIMEOUT_SECONDS = 0.05
REST_AFTER_FAILURE_SECONDS = 1


class RedisUnavailable(Exception):
    """Redis did not answer in time. Never shown to a client: callers do without."""


def call(operation: Callable[[redis.Redis], Result]) -> Result:
    """Run one operation on Redis.

    Args:
        operation: gets the client; keys are written exactly as given, without a prefix.

    Raises:
        RedisUnavailable: down, slow, or failed a moment ago.
    """
    return _breaker().call(operation)


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=None,
        decode_responses=True,
    )


class _Breaker:
    """Keeps calls away from a Redis that has just failed. Threads do not wait for each other here: a lock around each
    call, as the packaged breaker has, would let one thread of a process talk to Redis at a time."""

    def __init__(self) -> None:
        self._rests_until = 0.0

    def call(self, operation: Callable[[redis.Redis], Result]) -> Result:
        if self._rests_until:
            if monotonic() < self._rests_until:
                raise RedisUnavailable
            self._rest(2 * TIMEOUT_SECONDS)  # one tries; the others do without until it is known
        try:
            result = operation(client())
        except redis.RedisError as error:
            self._rest(REST_AFTER_FAILURE_SECONDS)
            raise RedisUnavailable from error
        self._rests_until = 0.0
        return result

    def _rest(self, seconds: float) -> None:
        self._rests_until = monotonic() + seconds


@cache
def _breaker() -> _Breaker:
    return _Breaker()
