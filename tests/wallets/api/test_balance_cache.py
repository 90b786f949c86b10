"""The balance's cache: there when it helps, never believed when it is wrong, and never waited for (R17, R22, R91)."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from ledger import redis
from tests.compliance.clients import api_as
from tests.wallets.scene import Scene, problem_of, send, set_status, transfer_body
from wallets.models import Wallet
from wallets.selectors import balances

PATIENCE_SECONDS = 4
"""Ten requests with a Redis that does not answer. redis-py's own retries would take 6.6 s for one."""


def key_of(wallet: Wallet) -> str:
    return f"wallet:{wallet.id}:balance"


def cached(wallet: Wallet) -> dict[str, Any] | None:
    value = redis.client().get(key_of(wallet))
    return json.loads(value) if isinstance(value, str) else None


def shown(scene: Scene, wallet: Wallet) -> str:
    response = api_as(scene.cast.frida).get(f"/v1/wallets/{wallet.id}/balance")
    assert response.status_code == 200
    available: str = response.json()["available"]
    return available


def test_it_is_kept_under_the_documented_key_for_five_minutes(scene: Scene) -> None:
    assert cached(scene.alices) is None
    assert shown(scene, scene.alices) == "100.00"
    value = cached(scene.alices)
    assert value is not None
    assert {name: value[name] for name in ("balance", "currency")} == {"balance": "100", "currency": "EUR"}
    assert value["updated_at"].endswith("+00:00")
    seconds = redis.client().ttl(key_of(scene.alices))
    assert isinstance(seconds, int)
    assert 290 < seconds <= 300


def test_a_second_look_is_answered_from_it(scene: Scene, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = api_as(scene.cast.alice)
    path = f"/v1/wallets/{scene.alices.id}/balance"
    first = client.get(path).json()
    with django_assert_num_queries(2):  # the log-in; the wallet with its version
        second = client.get(path).json()
    assert {**second, "as_of": ""} == {**first, "as_of": ""}


def test_a_transfer_drops_it_for_both_sides(scene: Scene) -> None:
    for wallet in (scene.alices, scene.bobs):
        shown(scene, wallet)
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    assert (cached(scene.alices), cached(scene.bobs)) == (None, None)
    assert (shown(scene, scene.alices), shown(scene, scene.bobs)) == ("90.00", "10.00")


def test_a_status_change_drops_it(scene: Scene) -> None:
    client = api_as(scene.cast.frida)
    shown(scene, scene.alices)
    client.put(f"/v1/wallets/{scene.alices.id}/status", {"status": "FROZEN", "reason": "A test."})
    assert cached(scene.alices) is None
    assert client.get(f"/v1/wallets/{scene.alices.id}/balance").json()["version"] == 3


def test_what_was_written_behind_its_back_is_seen(scene: Scene) -> None:
    """The database says which version counts, so a value that nobody dropped is not served either."""
    shown(scene, scene.alices)
    stale = redis.client().get(key_of(scene.alices))
    assert isinstance(stale, str)
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    redis.client().set(key_of(scene.alices), stale, ex=300)
    assert shown(scene, scene.alices) == "90.00"
    assert (cached(scene.alices) or {})["balance"] == "90"


@pytest.mark.parametrize(
    "planted",
    [
        '{"available": "1000000", "pending": "0", "reserved": "0", "version": 1, "updated_at": "2026-01-01T00:00:00"}',
        '{"available": "1000000", "pending": "0", "reserved": "0", "version": 99, "updated_at": "2026-01-01T00:00:00"}',
        '{"available": "NaN", "pending": "0", "reserved": "0", "version": 2}',
        '{"balance": "1000000", "currency": "EUR", "updated_at": "2026-01-01T00:00:00"}',
        '{"available": [], "version": "x"}',
        "[]",
        "null",
        "1000000",
        "",
        "{",
        "\ud7ff" * 1000,
    ],
)
def test_a_planted_value_is_never_served(scene: Scene, planted: str) -> None:
    redis.client().set(key_of(scene.alices), planted, ex=300)
    assert shown(scene, scene.alices) == "100.00"


def test_a_key_of_another_type_is_no_obstacle(scene: Scene) -> None:
    redis.client().lpush(key_of(scene.alices), "1000000")
    try:
        assert shown(scene, scene.alices) == "100.00"
    finally:
        redis.client().delete(key_of(scene.alices))
        renew_connections()


def test_a_third_look_does_not_even_ask_redis(scene: Scene) -> None:
    """Within ten seconds, and as long as the version is the same."""
    shown(scene, scene.alices)
    redis.client().set(key_of(scene.alices), "what nobody reads", ex=300)
    assert shown(scene, scene.alices) == "100.00"
    value = redis.client().get(key_of(scene.alices))
    assert value == "what nobody reads"  # otherwise it would have been written anew
    balances._near.clear()
    assert shown(scene, scene.alices) == "100.00"
    assert (cached(scene.alices) or {})["balance"] == "100"


def test_it_survives_flushall(scene: Scene) -> None:
    client = api_as(scene.cast.alice)
    for sent, expected in enumerate(("90.00", "80.00", "70.00")):
        redis.client().flushdb()
        body = transfer_body(scene.alices, scene.bobs)
        assert send(client, "/v1/transfers", body, key=f"k-{sent}").status_code == 201
        redis.client().flushdb()
        assert shown(scene, scene.alices) == expected
        assert shown(scene, scene.alices) == expected


def test_a_cached_balance_is_for_those_who_may_see_the_wallet(scene: Scene) -> None:
    shown(scene, scene.alices)
    problem_of(api_as(scene.cast.charlie).get(f"/v1/wallets/{scene.alices.id}/balance"), 404, "not_found")


class Silent:
    """A server that takes connections. What then happens is for `answer` to say."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._open = ExitStack()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.enter_context(connection)
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self._open.close()


def say_nothing(connection: socket.socket) -> None:
    """Hung: as a stopped process, whose socket the kernel keeps open."""


def say_ok_too_late(connection: socket.socket) -> None:
    """Slow: answers, but after the time limit."""
    try:
        while connection.recv(4096):
            time.sleep(3 * redis.TIMEOUT_SECONDS)
            connection.sendall(b"+OK\r\n")
    except OSError:
        return


def say_nonsense(connection: socket.socket) -> None:
    """Broken: not Redis at all."""
    try:
        while connection.recv(4096):
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    except OSError:
        return


def hang_up(connection: socket.socket) -> None:
    connection.close()


def renew_connections() -> None:
    """Forget the client and whether it failed a moment ago."""
    redis.client.cache_clear()
    redis._breaker.cache_clear()


@pytest.fixture(params=[say_nothing, say_ok_too_late, say_nonsense, hang_up, None], ids=lambda how: str(how)[:25])
def sick_redis(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    """Redis hung, slow, broken, hanging up, and gone (nobody listens)."""
    server = Silent(request.param or say_nothing)
    if request.param is None:
        server.close()
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
    renew_connections()
    yield
    server.close()
    renew_connections()


def test_money_moves_and_is_seen_without_redis(scene: Scene, sick_redis: None) -> None:
    client, started = api_as(scene.cast.alice), time.monotonic()
    for sent, expected in enumerate(("90.00", "80.00", "70.00")):
        body = transfer_body(scene.alices, scene.bobs)
        assert send(client, "/v1/transfers", body, key=f"k-{sent}").status_code == 201
        assert shown(scene, scene.alices) == expected
    set_status(scene.alices, "FROZEN", by=scene.cast.frida)
    problem_of(send(client, "/v1/transfers", transfer_body(scene.alices, scene.bobs), key="k-9"), 422, "wallet.frozen")
    assert client.get(f"/v1/wallets/{scene.alices.id}").json()["status"] == "FROZEN"
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_what_redis_missed_while_it_was_away_is_not_served_later(scene: Scene, settings: Settings) -> None:
    shown(scene, scene.alices)
    real_url = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    renew_connections()
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs))
    settings.REDIS_URL = real_url
    renew_connections()
    assert (cached(scene.alices) or {})["balance"] == "100"
    assert shown(scene, scene.alices) == "90.00"
