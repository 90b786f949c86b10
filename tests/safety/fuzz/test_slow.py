"""Many who begin a request and never end it: nobody else has to wait for them (row 42).

For bodies the server has no such limit, and a proxy has to stand in front (SECURITY.md); a few of those are tried in
`tests/api/test_raw_requests.py`.
"""

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
BEGUN = b"POST /v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


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


def test_who_never_ends_the_headers_holds_up_nobody(server: WebServer) -> None:
    with ExitStack() as stack:
        for _ in range(CROWD):
            connection = stack.enter_context(socket.create_connection((HOST, server.port), timeout=10))
            connection.sendall(BEGUN)
        assert server.get("/health") == 200
    assert server.get("/health") == 200
