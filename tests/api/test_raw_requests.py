"""What no decent client sends, over a real socket to the real server (safety.md rows 42–44).

Every answer is a problem document, or for what is not even HTTP a bare refusal of the server or a closed connection.
Never a 5xx, never a stack trace in the log, and the server keeps its memory and its wits.
"""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.server import HOST, Answer, WebServer, exchange
from tests.compliance.clients import tokens_of
from tests.wallets.scene import available, make_scene
from wallets.models import Wallet

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json", "Idempotency-Key": "key-1"}


@dataclass
class Service:
    """The running server, a caller, and the body of a good transfer of 0.01."""

    server: WebServer
    token: str
    source: Wallet
    good: bytes

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        host: str | None = "localhost",
        length: str | None = "",
    ) -> Answer:
        """A request written by hand. `length`: empty = the true one, None = none."""
        lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host is not None else [])]
        lines += [f"Authorization: Bearer {self.token}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if length is not None:
            lines.append(f"Content-Length: {length or len(body)}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return exchange(self.server.port, head + body, method=method)

    def transfer(self, body: bytes, **headers: str) -> Answer:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", "/v1/transfers", body, {**JSON, **extra})


@pytest.fixture(scope="module")
def service(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with django_db_blocker.unblock():
        scene = make_scene()
        token = tokens_of(scene.cast.frida).access
        wallets = {"from_wallet_id": str(scene.alices.id), "to_wallet_id": str(scene.bobs.id)}
        good = json.dumps({**wallets, "amount": "0.01", "currency": "EUR"}).encode()
        server = WebServer(tmp_path_factory.mktemp("server") / "web.log")
        try:
            server.start()
            yield Service(server, token, scene.alices, good)
        finally:
            server.stop()


def log_of(service: Service) -> str:
    log: Path = service.server.log
    return log.read_text()


BODIES: dict[str, tuple[bytes, str]] = {
    "one byte above the limit": (b" " * (MIB + 1), "request.too_large"),
    "two MiB": (b'{"description": "' + b"x" * 2 * MIB + b'"}', "request.too_large"),
    "lists, 9,000 deep": (b"[" * 9_000 + b"]" * 9_000, "request.malformed"),
    "objects, 100,000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "request.malformed"),
    "33 levels": (b'{"metadata":' + b"[" * 32 + b"]" * 32 + b"}", "request.malformed"),
    "an integer of 4,301 digits": (b'{"amount": ' + b"9" * 4_301 + b"}", "request.validation"),
    "an integer of a million digits": (b'{"amount": ' + b"9" * 1_000_000 + b"}", "request.validation"),
    "a number of a large exponent": (b'{"amount": 1e999999999}', "request.validation"),
    "a key twice": (b'{"amount": "1", "amount": "2"}', "request.malformed"),
    "a nested key twice": (b'{"metadata": {"a": 1, "a": 2}}', "request.malformed"),
    "broken UTF-8": (b'{"description": "\xff\xfe"}', "request.malformed"),
    "an overlong slash": (b'{"description": "\xc0\xaf"}', "request.malformed"),
    "UTF-16": ('{"amount": "1"}'.encode("utf-16"), "request.malformed"),
    "a byte order mark": (b'\xef\xbb\xbf{"amount": "1"}', "request.malformed"),
    "NUL": (b'{"description": "a\\u0000b"}', "request.malformed"),
    "NUL in a nested key": (b'{"metadata": {"a\\u0000": 1}}', "request.malformed"),
    "a naked NUL": (b'{"description": "a\x00b"}', "request.malformed"),
    "a lone surrogate": (b'{"description": "\\ud800"}', "request.malformed"),
    "a lone surrogate in a nested key": (b'{"metadata": {"\\udfff": 1}}', "request.malformed"),
    "an encoded surrogate": (b'{"description": "\xed\xa0\x80"}', "request.malformed"),
    "nothing": (b"", "request.validation"),
    "white space": (b"   ", "request.malformed"),
    "null": (b"null", "request.malformed"),
    "a list": (b"[]", "request.malformed"),
    "a string": (b'"x"', "request.malformed"),
    "a number": (b"1", "request.malformed"),
    "half a body": (b'{"amount": "1"', "request.malformed"),
    "more behind it": (b'{"amount": "1"} x', "request.malformed"),
    "NaN": (b'{"amount": NaN}', "request.malformed"),
    "a comment": (b'{"amount": "1"} // one', "request.malformed"),
    "XML": (b"<?xml version='1.0'?><amount>1</amount>", "request.malformed"),
    "a form": (b"amount=1&currency=EUR", "request.malformed"),
    "gzip": (gzip.compress(b"{}"), "request.malformed"),
    "pickle": (b"\x80\x04\x95\x00", "request.malformed"),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(service: Service, name: str) -> None:
    body, code = BODIES[name]
    answer = service.transfer(body)
    assert (answer.status, answer.code) == (413 if code == "request.too_large" else 400, code)


TYPES: dict[str, dict[str, str]] = {
    "text": {"Content-Type": "text/plain"},
    "none": {"Content-Type": ""},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "a form with files": {"Content-Type": "multipart/form-data; boundary=x"},
    "files without a boundary": {"Content-Type": "multipart/form-data"},
    "problem": {"Content-Type": "application/problem+json"},
    "nonsense": {"Content-Type": ";;;/"},
    "another charset": {"Content-Type": "application/json; charset=latin-1"},
    "an unknown charset": {"Content-Type": "application/json; charset=klingon"},
    "gzip": {"Content-Encoding": "gzip"},
    "two encodings": {"Content-Encoding": "identity, gzip"},
}


@pytest.mark.parametrize("name", TYPES)
def test_types(service: Service, name: str) -> None:
    answer = service.send("POST", "/v1/transfers", service.good, {**JSON, **TYPES[name]})
    assert (answer.status, answer.code) == (415, "media_type.unsupported")


def test_a_body_that_is_only_announced_is_not_waited_for(service: Service) -> None:
    answer = service.send("POST", "/v1/transfers", b"{", JSON, length="1000000000000")
    assert (answer.status, answer.code) == (413, "request.too_large")


def test_a_body_in_chunks_is_read_whole(service: Service) -> None:
    headers = {**JSON, "Idempotency-Key": "chunks", "Transfer-Encoding": "chunked"}
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in service.good) + b"0\r\n\r\n"
    assert service.send("POST", "/v1/transfers", chunks, headers, length=None).status == 201
    huge = b"%x\r\n" % (2 * MIB) + b" " * 2 * MIB + b"\r\n0\r\n\r\n"
    answer = service.send("POST", "/v1/transfers", huge, headers, length=None)
    assert (answer.status, answer.code) == (413, "request.too_large")
    broken = service.send("POST", "/v1/transfers", b"ZZ\r\n{}\r\n0\r\n\r\n", headers, length=None)
    assert broken.status in {0, 400}


def test_one_request_is_not_two(service: Service) -> None:
    """A length and chunks at once: whoever believes the one sees a second request that the other does not."""
    hidden = b"0\r\n\r\nPOST /v1/transfers HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = available(service.source)
    answer = service.send("POST", "/v1/transfers", hidden, {**JSON, "Transfer-Encoding": "chunked"})
    assert answer.status in {0, 400}
    for length in ("-1", "+5", "5x", "5, 6", "99999999999999999999"):
        refused = service.send("POST", "/v1/transfers", service.good, {**JSON, "Idempotency-Key": "l"}, length=length)
        assert refused.status in {0, 400, 413}, length
    assert available(service.source) == before


HEADERS: dict[str, dict[str, str]] = {
    "100,000 of them": {f"X-{number}": "y" for number in range(100_000)},
    "one of a megabyte": {"X-Long": "y" * MIB},
    "a NUL": {"X-Odd": "a\x00b"},
    "a folded one": {"X-Odd": "a\r\n b"},
    "a name with a space": {"X Odd": "a"},
    "no name": {"": "a"},
    "a key of other bytes": {"Idempotency-Key": "\xff\xfe"},
    "a key with spaces": {"Idempotency-Key": "a b"},
    "a key of 256": {"Idempotency-Key": "x" * 256},
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(service: Service, name: str) -> None:
    answer = service.send("POST", "/v1/transfers", service.good, {**JSON, **HEADERS[name]})
    assert answer.status in {0, 400, 431}
    if answer.status == 400 and answer.body:
        assert answer.code == "request.validation"


def test_a_request_id_is_sane_or_ours(service: Service) -> None:
    for given, is_kept in (("abc-1", True), ("a b", False), ("x" * 129, False), ("\x1b[31m", False)):
        answer = service.send("GET", "/health", headers={"X-Request-Id": given})
        if answer.status != 400:  # the server refuses some by itself
            assert (answer.headers["x-request-id"] == given) is is_kept


LINES: dict[str, bytes] = {
    "nonsense": b"GARBAGE\r\n\r\n",
    "every byte": bytes(range(256)) + b"\r\n\r\n",
    "the start of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
    "the start of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /health\r\n\r\n",
    "HTTP/9.9": b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "a path of 100,000": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "raw bytes in the query": b"GET /v1/wallets?status=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_not_http(service: Service, name: str) -> None:
    answer = exchange(service.server.port, LINES[name])
    assert answer.status in {0, 400, 404, 414, 431, 505}
    assert answer.code or not answer.body


@pytest.mark.parametrize(
    "host", ["evil.example", "local host", "", None, "localhost:x", "[::", "localhost@evil.example"]
)
def test_other_hosts(service: Service, host: str | None) -> None:
    answer = service.send("GET", "/v1/me", host=host)
    assert answer.status == 400
    assert answer.code == "request.malformed" or not answer.body


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "//", 404, "not_found"),
        ("GET", "/v1", 404, "not_found"),
        ("GET", "/v1/wallets/%00", 404, "not_found"),
        ("GET", "/v1/wallets/%ff", 404, "not_found"),
        ("GET", "/v1/wallets/..%2f..%2fetc%2fpasswd", 404, "not_found"),
        ("GET", "/v1/../../etc/passwd", 404, "not_found"),
        ("GET", "/static/%2e%2e/%2e%2e/walletsite/settings.py", 404, "not_found"),
        ("GET", "/.env", 404, "not_found"),
        ("GET", "/.git/config", 404, "not_found"),
        ("GET", "/v1/wallets;a=b", 404, "not_found"),
        ("GET", "/V1/wallets", 404, "not_found"),
        ("GET", "/" + "a" * 60_000, 404, "not_found"),
        ("GET", "/v1/wallets?cursor=%00", 400, "request.malformed"),
        ("GET", "/v1/wallets?%00=1", 400, "request.malformed"),
        ("GET", "/v1/wallets?cursor=%ed%a0%80", 400, "pagination.invalid"),
        ("GET", "/v1/wallets?status=%ff", 400, "request.validation"),
        ("GET", "/v1/wallets?cursor=" + "a" * 30_000, 400, "pagination.invalid"),
        ("GET", "/v1/wallets?" + "&".join(f"a{number}=1" for number in range(2_000)), 400, "request.malformed"),
        ("OPTIONS", "/v1/wallets", 405, "method.not_allowed"),
        ("OPTIONS", "*", 404, "not_found"),
        ("TRACE", "/v1/wallets", 405, "method.not_allowed"),
        ("BREW", "/v1/wallets", 405, "method.not_allowed"),
        ("PROPFIND", "/v1/wallets", 405, "method.not_allowed"),
        ("DELETE", "/v1/transfers", 405, "method.not_allowed"),
        ("POST", "/health", 405, "method.not_allowed"),
    ],
)
def test_paths_and_methods(service: Service, method: str, path: str, status: int, code: str) -> None:
    answer = service.send(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["x-request-id"]
    assert service.token.encode() not in answer.body  # TRACE echoes nothing


def test_head_has_no_body(service: Service) -> None:
    for path, status in (("/health", 200), ("/v1/wallets", 200), ("/nowhere", 404)):
        answer = service.send("HEAD", path)
        assert (answer.status, answer.body) == (status, b"")


def test_a_method_is_what_the_line_says(service: Service) -> None:
    overrides = {"X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET", "X-Method-Override": "GET"}
    assert service.send("DELETE", "/v1/wallets", headers=overrides).code == "method.not_allowed"


@pytest.mark.parametrize("accept", ["text/html", ";;;,,/", "a/b," * 5_000, "image/*"])
def test_forms_that_there_are_not(service: Service, accept: str) -> None:
    answer = service.send("GET", "/v1/me", headers={"Accept": accept})
    assert (answer.status, answer.code) == (406, "not_acceptable")


def test_half_a_body_holds_up_nobody_else(service: Service) -> None:
    head = f"POST /v1/transfers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token}\r\n"
    head += f"Content-Type: application/json\r\nIdempotency-Key: slow\r\nContent-Length: {len(service.good)}\r\n\r\n"
    slow = [socket.create_connection((HOST, service.server.port), timeout=15) for _ in range(5)]
    try:
        for connection in slow:
            connection.sendall(head.encode() + service.good[:10])
        assert service.send("GET", "/health").status == 200
        assert service.transfer(service.good, Idempotency_Key="fast").status == 201
        slow[0].sendall(service.good[10:])
        assert slow[0].recv(12) == b"HTTP/1.1 201"
    finally:
        for connection in slow:
            connection.close()
    assert service.send("GET", "/health").status == 200


def test_after_all_this(service: Service) -> None:
    """The last test of the module: nothing was unexpected, nothing told, and the memory is what it was."""
    before = service.server.memory()
    for _ in range(30):
        service.transfer(b'{"description": "' + b"x" * 900_000 + b'"}')
        service.transfer(b'{"a":' * 100_000 + b"}" * 100_000)
    assert service.server.memory() - before < 100 * MIB
    assert service.send("GET", "/ready").status == 200
    log = log_of(service)
    assert "unexpected_error" not in log
    assert "database_error" not in log
    assert log.count("Traceback") == log.count("DisallowedHost: ")  # Django tells of those with a stack
    assert service.token not in log
    assert "\x1b[31m" not in log
