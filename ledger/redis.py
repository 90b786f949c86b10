"""The one door to Redis. What is behind it may vanish, hang or forget: nothing of value is kept there.

A call that fails costs at most the socket timeout, and for a moment after it nobody even tries.
redis-py's own default, ten retries, makes a hung server cost 6.6 s a call (ADR 0009).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import pybreaker
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
    try:
        return _breaker().call(operation, client())
    except (redis.RedisError, pybreaker.CircuitBreakerError) as error:
        raise RedisUnavailable from error


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=None,
        decode_responses=True,
    )


@cache
def _breaker() -> pybreaker.CircuitBreaker:
    return pybreaker.CircuitBreaker(fail_max=1, reset_timeout=REST_AFTER_FAILURE_SECONDS, exclude=[_is_our_mistake])


def _is_our_mistake(error: BaseException) -> bool:
    return not isinstance(error, redis.RedisError)
