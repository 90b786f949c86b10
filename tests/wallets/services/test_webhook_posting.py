"""One POST to a stranger's server: whatever it does, it ends in time, and tells what happened."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.wallets import receiver as faults
from tests.wallets.certificates import server_context
from tests.wallets.receiver import Behaviour, Receiver, receiver, status
from wallets.core.webhook_targets import Target, parse_target
from wallets.services.webhooks.connecting import NameNotFound
from wallets.services.webhooks.posting import EXCERPT_LENGTH, Answer, post

BODY = b'{"type": "TransactionCompleted"}'
HEADERS = {"webhook-id": "m-1"}
LOCAL = {"requires_https": False, "allows_private": True}
SECONDS = 0.4


def send(url: str, **how: Any) -> Answer:
    how = {"allows_private": True, "total_seconds": SECONDS, **how}
    return post(parse_target(url, **LOCAL), HEADERS, BODY, **how)


def test_it_arrives_as_it_is() -> None:
    with receiver() as own:
        own.behaviour = status(202, b"Thanks")
        answer = send(own.url)
    assert (answer.status, answer.error, answer.excerpt, answer.wished_wait) == (202, "", "Thanks", None)
    (request,) = own.received
    assert (request.path, request.body) == ("/hook?of=nordwind", BODY)
    assert request.headers["Host"] == f"127.0.0.1:{own.port}"
    assert request.headers["webhook-id"] == "m-1"


@pytest.mark.parametrize("code", [201, 204, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer_and_no_redirect_is_followed(code: int) -> None:
    with receiver() as elsewhere, receiver() as own:
        own.behaviour = status(code, Location=elsewhere.url)
        answer = send(own.url)
    assert (answer.status, answer.error) == (code, "")
    assert len(own.received) == 1
    assert not elsewhere.received


@pytest.mark.parametrize("value", ["120", " 120 "])
def test_a_wish_to_wait_is_read(value: str) -> None:
    with receiver() as own:
        own.behaviour = status(503, Retry_After=value)
        assert send(own.url).wished_wait == timedelta(seconds=120)


SLOW = (faults.hang, faults.drip_headers, faults.drip_interim_answers)


@pytest.mark.parametrize("behaviour", SLOW, ids=lambda behaviour: behaviour.__name__)
def test_the_time_is_limited_as_a_whole(behaviour: Behaviour) -> None:
    with receiver() as own:
        own.behaviour = behaviour
        started = time.monotonic()
        answer = send(own.url)
        took = time.monotonic() - started
    assert (answer.status, answer.error) == (None, "timeout")
    assert SECONDS <= took < SECONDS + 1
    assert SECONDS * 1000 - 1 <= answer.duration_ms < 1500


def test_a_body_that_drips_changes_nothing_of_the_status() -> None:
    with receiver() as own:
        own.behaviour = faults.drip_body
        started = time.monotonic()
        answer = send(own.url)
        assert time.monotonic() - started < SECONDS + 1
    assert (answer.status, answer.error) == (200, "")
    assert set(answer.excerpt) == {"a"}


def test_an_endless_body_is_cut() -> None:
    with receiver() as own:
        own.behaviour = faults.endless_body
        answer = send(own.url, total_seconds=5)
        assert own.gave_up.wait(5)
    assert answer.status == 500
    assert len(answer.excerpt) == EXCERPT_LENGTH
    assert "\x00" not in answer.excerpt


BROKEN: dict[Behaviour, str] = {
    faults.reset: "connection",
    faults.gibberish: "protocol",
    faults.endless_headers: "protocol",
}


@pytest.mark.parametrize("behaviour", BROKEN, ids=lambda behaviour: behaviour.__name__)
def test_what_breaks_is_named(behaviour: Behaviour) -> None:
    with receiver() as own:
        own.behaviour = behaviour
        answer = send(own.url, total_seconds=5)
    assert (answer.status, answer.error) == (None, BROKEN[behaviour])


def test_nobody_listens() -> None:
    with receiver() as own:
        url = own.url
    assert send(url).error == "connection"


def test_a_name_without_an_address() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise NameNotFound

    assert send("http://hooks.nordwind.example/", resolve=nowhere).error == "name_not_found"
    assert send("http://hooks.nordwind.example/", resolve=lambda *_: []).error == "name_not_found"


def test_a_slow_name_server_is_not_waited_for() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(1)
        return ["127.0.0.1"]

    started = time.monotonic()
    assert send("http://hooks.nordwind.example/", resolve=slow).error == "timeout"
    assert time.monotonic() - started < 0.9


def test_the_second_address_is_tried_when_the_first_refuses() -> None:
    with receiver() as own:
        url = f"http://hooks.nordwind.example:{own.port}/"
        answer = send(url, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"], total_seconds=2)
    assert answer.status == 200


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as own:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(own.url).status == 200
    assert not proxy.received


# -- TLS


def by_name(own: Receiver) -> Target:
    return Target("https", "hooks.nordwind.example", own.port, f"hooks.nordwind.example:{own.port}", "/")


def send_over_tls(own: Receiver, trust: Any) -> Answer:
    return post(
        by_name(own), HEADERS, BODY, allows_private=True, trust=trust, resolve=lambda *_: ["127.0.0.1"], total_seconds=3
    )


def test_tls_sees_the_name_though_the_address_is_connected_to(tmp_path: Path) -> None:
    server, trust = server_context(tmp_path, name="hooks.nordwind.example")
    with receiver(server) as own:
        assert send_over_tls(own, trust).status == 200
    assert own.received[0].headers["Host"] == f"hooks.nordwind.example:{own.port}"


@pytest.mark.parametrize("wrong", ["unknown issuer", "other name", "expired"])
def test_wrong_certificates_are_refused(tmp_path: Path, wrong: str) -> None:
    name = "evil.example" if wrong == "other name" else "hooks.nordwind.example"
    server, trust = server_context(tmp_path, name=name, is_expired=wrong == "expired")
    with receiver(server) as own:
        answer = send_over_tls(own, None if wrong == "unknown issuer" else trust)
    assert (answer.status, answer.error) == (None, "tls")
    assert not own.received
