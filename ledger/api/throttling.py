"""Rate limits: counted in Redis, and in this process alone while Redis is away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
    limit_wallets([wallet_id], operation)


def limit_wallets(wallet_ids: Iterable[UUID], operation: str) -> None:
    """`limit_wallet` of many, with one look at Redis.

    Raises:
        RateLimited: the window of one of them is full. All of them were counted.
    """
    keys = [f"ratelimit:{wallet_id}:{operation}" for wallet_id in wallet_ids]
    if keys:
        _count(keys, settings.RATE_LIMIT_PER_WALLET)


class CallerRate(BaseThrottle):
    """Counts every request of a caller, whatever token, address, verb or spelling of the path it comes with."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = caller_of(request)
        if caller is not None:
            is_service = caller.role == SYSTEM
            limit = settings.RATE_LIMIT_PER_SERVICE if is_service else settings.RATE_LIMIT_PER_PERSON
            _count([f"ratelimit:caller:{caller.id}"], limit)
        return True


def _count(keys: list[str], limit: int) -> None:
    try:
        counted = call(partial(_count_in_redis, keys=keys))
    except RedisUnavailable:
        counted = [_local.count(key) for key in keys]
    full = [seconds_left for count, seconds_left in counted if count > limit]
    if full:
        raise RateLimited(max(1, *full))


_COUNT = """
    local counted = {}
    for _, key in ipairs(KEYS) do
        local count = redis.call('INCR', key)
        local left = redis.call('TTL', key)
        if left < 0 then
            left = tonumber(ARGV[1])
            redis.call('EXPIRE', key, left)
        end
        table.insert(counted, {count, left})
    end
    return counted
"""
"""Atomic: a counter can neither live for ever nor lose its window. One command costs a third of a pipeline of three."""
_COUNT_DIGEST = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest()


def _count_in_redis(client: redis.Redis, keys: list[str]) -> list[tuple[int, int]]:
    """What each key has come to, and how many seconds its window goes on for."""
    arguments: Any = (len(keys), *keys, str(WINDOW_SECONDS))
    try:
        answer: Any = client.evalsha(_COUNT_DIGEST, *arguments)
    except redis.exceptions.NoScriptError:  # a server that was started or flushed since
        answer = client.eval(_COUNT, *arguments)
    return [(count, seconds_left) for count, seconds_left in answer]


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
