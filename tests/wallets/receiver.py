"""A receiver of webhooks on this machine, and everything that can be wrong with one."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["_Handler"], None]


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Behaves as `behaviour` says, and remembers what it was sent."""

    port: int = 0
    behaviour: Behaviour = field(default=lambda handler: handler.answer(200))
    received: list[Received] = field(default_factory=list)
    gave_up: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=nordwind"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.received.append(Received(self.path, dict(self.headers), body))
        self.receiver.behaviour(self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def status(code: int, body: bytes = b"", **headers: str) -> Behaviour:
    return lambda handler: handler.answer(code, body, **headers)


def hang(handler: _Handler) -> None:
    """Says nothing until the other side has gone."""
    handler.receiver.gave_up.wait(20)
    handler.close_connection = True


def _drip(handler: _Handler, piece: bytes) -> None:
    handler.close_connection = True
    try:
        while not handler.receiver.gave_up.wait(0.05):
            handler.wfile.write(piece)
            handler.wfile.flush()
    except OSError:
        handler.receiver.gave_up.set()


def drip_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler, b"a")


def drip_interim_answers(handler: _Handler) -> None:
    _drip(handler, b"HTTP/1.1 102 Processing\r\n\r\n")


def drip_body(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _drip(handler, b"a")


def endless_headers(handler: _Handler) -> None:
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(10_000):
            handler.wfile.write(b"X-Long: " + b"a" * 1000 + b"\r\n")
    except OSError:
        handler.receiver.gave_up.set()


def endless_body(handler: _Handler) -> None:
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n")
        while True:
            handler.wfile.write(b"\x00\xff" + b"a" * 100_000)
    except OSError:
        handler.receiver.gave_up.set()


def reset(handler: _Handler) -> None:
    """Ends the connection with an RST."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def gibberish(handler: _Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")


@contextmanager
def receiver(trust: ssl.SSLContext | None = None, *, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A running receiver; with `trust` (a server's context) it speaks TLS."""
    own = Receiver()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    handler = type("Handler", (_Handler,), {"receiver": own})
    server = type("Server", (_QuietServer,), {"address_family": family})((host, 0), handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    own.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield own
    finally:
        own.gave_up.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _QuietServer(ThreadingHTTPServer):
    request_queue_size = 256
    """Waiting connections: the usual five are too few for all the threads of several senders."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Broken connections are what these tests are about."""
