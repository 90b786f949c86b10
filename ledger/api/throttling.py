"""Rate limits: counted in Redis, and in this process alone while Redis is away."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from ledger.api.policy import SYSTEM, caller_of
from ledger.errors import RateLimited
from ledger.redis import RedisUnavailable, call

WINDOW_SECONDS = 60
MAX_LOCAL_KEYS = 10_000


def limit_wallet(wallet_id: UUID, operation: str) -> None:
    """Count one call of an operation on a wallet (R: `ratelimit:{wallet_id}:{operation}`, 60 s).

    Call it after the caller was found to see the wallet: strangers must not use up its rate.

    Raises:
        RateLimited: the window is full.
    """
    _count(f"ratelimit:{wallet_id}:{operation}", settings.RATE_LIMIT_PER_WALLET)


class CallerRate(BaseThrottle):
    """Counts every request of a caller, whatever token, address, verb or spelling of the path it comes with."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = caller_of(request)
        if caller is not None:
            is_service = caller.role == SYSTEM
            limit = settings.RATE_LIMIT_PER_SERVICE if is_service else settings.RATE_LIMIT_PER_PERSON
            _count(f"ratelimit:caller:{caller.id}", limit)
        return True


def _count(key: str, limit: int) -> None:
    try:
        count, seconds_left = call(partial(_count_in_redis, key=key))
    except RedisUnavailable:
        count, seconds_left = _local.count(key)
    if count > limit:
        raise RateLimited(max(1, seconds_left))


_COUNT = """
    local count = redis.call('INCR', KEYS[1])
    local left = redis.call('TTL', KEYS[1])
    if left < 0 then
        left = tonumber(ARGV[1])
        redis.call('EXPIRE', KEYS[1], left)
    end
    return {count, left}
"""
"""Atomic: a counter can neither live for ever nor lose its window. One command costs a third of a pipeline of three."""
_COUNT_DIGEST = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest()


def _count_in_redis(client: redis.Redis, key: str) -> tuple[int, int]:
    arguments = 1, key, str(WINDOW_SECONDS)
    try:
        answer: Any = client.evalsha(_COUNT_DIGEST, *arguments)
    except redis.exceptions.NoScriptError:  # a server that was started or flushed since
        answer = client.eval(_COUNT, *arguments)
    count, seconds_left = answer
    return count, seconds_left


@dataclass(slots=True)
class _Window:
    ends_at: float
    count: int = 0


class _LocalCounters:
    """The same fixed windows in memory, bounded: at worst every process grants the whole limit."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()

    def count(self, key: str) -> tuple[int, int]:
        now = monotonic()
        with self._lock:
            if len(self._windows) >= MAX_LOCAL_KEYS and key not in self._windows:
                del self._windows[next(iter(self._windows))]  # the oldest
            window = self._windows.get(key)
            if window is None or window.ends_at <= now:
                window = self._windows[key] = _Window(ends_at=now + WINDOW_SECONDS)
            window.count += 1
            return window.count, int(window.ends_at - now)


_local = _LocalCounters()
