"""Rate limits while Redis is up, gone, hung and flushed: they may forget, but never stop or delay a request."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from ledger import redis
from ledger.api import throttling
from ledger.api.throttling import limit_wallet, limit_wallets
from ledger.errors import RateLimited
from tests.ledger.api.example import Person


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT_PER_WALLET = 3
    settings.RATE_LIMIT_PER_PERSON = 2
    settings.RATE_LIMIT_PER_SERVICE = 4
    monkeypatch.setattr(throttling, "_local", throttling._LocalCounters())
    forget()
    yield
    forget()


def forget() -> None:
    """The next call opens its own connection and knows of no failure."""
    redis.client.cache_clear()
    redis._breaker.cache_clear()


@pytest.fixture
def gone(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"


@pytest.fixture
def hung(settings: Settings) -> Iterator[None]:
    """A server that accepts connections and never says a word, like a stopped process."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        yield


def granted(call: Callable[[], object], attempts: int) -> int:
    """How many of the attempts were let through; the others were told how long to wait."""
    waits: list[int] = []
    for _ in range(attempts):
        try:
            call()
        except RateLimited as refusal:
            waits.append(refusal.retry_after_seconds)
    assert all(1 <= wait <= throttling.WINDOW_SECONDS for wait in waits)
    return attempts - len(waits)


def test_a_wallet_and_operation_share_one_window() -> None:
    wallet, other = uuid4(), uuid4()
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3
    assert granted(lambda: limit_wallet(wallet, "balance"), 5) == 3
    assert granted(lambda: limit_wallet(other, "transfer"), 5) == 3


@pytest.mark.parametrize("is_there", [True, False])
def test_many_wallets_are_counted_at_once_and_one_that_is_full_stops_all(
    is_there: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_there:
        request.getfixturevalue("gone")
    wallets, calls = [uuid4() for _ in range(5)], list[Any]()

    def counted(operation: Callable[[Any], Any]) -> Any:
        calls.append(operation)
        return redis.call(operation)

    monkeypatch.setattr(throttling, "call", counted)
    limit_wallets([], "transfer")
    limit_wallets(wallets, "transfer")
    assert len(calls) == 1
    assert granted(lambda: limit_wallet(wallets[3], "transfer"), 5) == 2
    assert granted(lambda: limit_wallets(wallets, "transfer"), 1) == 0
    assert granted(lambda: limit_wallet(wallets[0], "transfer"), 5) == 1


def test_the_key_is_the_one_that_is_promised() -> None:
    wallet = uuid4()
    limit_wallet(wallet, "transfer")
    key = f"ratelimit:{wallet}:transfer"
    assert redis.call(lambda client: client.get(key)) == "1"
    assert 0 < redis.call(lambda client: client.ttl(key)) <= 60


def test_a_window_ends() -> None:
    wallet = uuid4()
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3
    redis.call(lambda client: client.expire(f"ratelimit:{wallet}:transfer", 0))
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3


def test_a_flush_only_opens_a_new_window() -> None:
    wallet = uuid4()
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3
    redis.call(lambda client: client.delete(f"ratelimit:{wallet}:transfer"))
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3


def test_without_redis_this_process_counts(gone: None) -> None:
    wallet = uuid4()
    assert granted(lambda: limit_wallet(wallet, "transfer"), 5) == 3


def test_a_hung_redis_costs_one_timeout_and_no_more(hung: None) -> None:
    wallet = uuid4()
    started = time.perf_counter()
    assert granted(lambda: limit_wallet(wallet, "transfer"), 50) == 3
    assert time.perf_counter() - started < 0.5


def test_redis_is_used_again_when_it_is_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    good_url, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1"
    monkeypatch.setattr(redis, "REST_AFTER_FAILURE_SECONDS", 0.05)
    with pytest.raises(redis.RedisUnavailable):
        redis.call(lambda client: client.ping())
    settings.REDIS_URL = good_url
    redis.client.cache_clear()
    with pytest.raises(redis.RedisUnavailable):
        redis.call(lambda client: client.ping())  # resting
    time.sleep(0.1)
    assert redis.call(lambda client: client.ping()) is True


def test_a_mistake_of_ours_is_not_taken_for_a_failure_of_redis() -> None:
    with pytest.raises(ZeroDivisionError):
        redis.call(lambda _: 1 / 0)
    assert redis.call(lambda client: client.ping()) is True


def test_local_counters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "MAX_LOCAL_KEYS", 3)
    counters = throttling._LocalCounters()
    for number in range(10):
        counters.count(str(number))
    assert len(counters._windows) == 3


@pytest.mark.parametrize(("role", "limit"), [("FINANCE", 2), ("SYSTEM", 4)])
def test_a_caller_has_one_rate_for_everything(ask: Any, role: str, limit: int) -> None:
    caller = Person(role, frozenset({"notes:read"}))
    spellings: list[Any] = [
        {"method": "GET"},
        {"method": "HEAD"},
        {"method": "GET", "path": "/notes"},
        {"method": "GET", "HTTP_X_FORWARDED_FOR": "10.1.2.3"},
        {"method": "GET", "REMOTE_ADDR": "10.9.9.9"},
    ]
    answers = [ask(caller=caller, **spelling) for spelling in spellings]
    assert [answer.status_code for answer in answers] == [200] * limit + [429] * (5 - limit)
    refused = answers[-1].data
    assert (refused["code"], refused["retryable"]) == ("rate.limited", True)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_who_is_not_let_in_is_not_counted(ask: Any) -> None:
    stranger = Person("EMPLOYEE")
    assert {ask("GET", caller=stranger).status_code for _ in range(5)} == {403}
