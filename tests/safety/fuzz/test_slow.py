"""Many who begin a request and never end it: nobody else may have to wait for them (row 42)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.server import HOST, WebServer

CROWD = 40
"""More than there are threads."""
LINE = b"POST /v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGUN = {
    "headers": LINE,
    "a body": LINE + b'Content-Length: 100\r\n\r\n{"email": "',
    "a body in chunks": LINE + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"ema\r\n',
}


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    log: Path = tmp_path_factory.mktemp("server") / "web.log"
    with django_db_blocker.unblock():
        server = WebServer(log)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.mark.parametrize("begun", BEGUN)
def test_who_never_ends_a_request_holds_up_nobody(server: WebServer, begun: str) -> None:
    with ExitStack() as stack:
        for _ in range(CROWD):
            connection = stack.enter_context(socket.create_connection((HOST, server.port), timeout=10))
            connection.sendall(BEGUN[begun])
        assert server.get("/health") == 200
    assert server.get("/health") == 200
