"""A proxy in front of Postgres that breaks connections at the worst of moments: around COMMIT."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from django.db import connections

from tests.ledger.connecting import connected_with

CHUNK = 65536
ASKED, DONE = b"COMMIT\0", (b"COMMIT\0", b"ROLLBACK\0")
"""How a COMMIT looks on its way to the server, and what the server says when it is over with the transaction."""
RESET = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    """What becomes of a connection that is about to commit. After the first two, both look the same to the client."""

    NONE = "nothing"
    BEFORE = "COMMIT never arrives"
    AFTER = "the answer to COMMIT never arrives"
    STALL = "COMMIT arrives late"
    EARLIER = "the connection breaks before COMMIT"


@dataclass
class Switch:
    """Says what becomes of the next COMMIT, once; thereafter nothing happens to any.

    Attributes:
        chunks: for `Fault.EARLIER`, how much the client may still send.
    """

    fault: Fault = Fault.NONE
    chunks: int = 0

    def at_commit(self) -> Fault:
        chosen, self.fault = self.fault, Fault.NONE
        return Fault.BEFORE if chosen is Fault.EARLIER else chosen

    def at_chunk(self) -> Fault:
        if self.fault is not Fault.EARLIER:
            return Fault.NONE
        self.chunks -= 1
        if self.chunks > 0:
            return Fault.NONE
        self.fault = Fault.NONE
        return Fault.EARLIER


@dataclass
class Dice:
    """Breaks some COMMITs of everybody, half of them before and half after; a few connections break earlier."""

    random: Random
    is_on: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at_commit(self) -> Fault:
        with self._lock:
            if not self.is_on:
                return Fault.NONE
            return self.random.choice((Fault.BEFORE, Fault.AFTER, Fault.NONE, Fault.NONE))

    def at_chunk(self) -> Fault:
        with self._lock:
            return Fault.EARLIER if self.is_on and self.random.random() < 0.01 else Fault.NONE


@dataclass
class Proxy:
    """Carries connections to a Postgres, and does to them what `faults` chooses.

    Attributes:
        upstream: host (or the folder of the socket) and port.
        stall_seconds: how late a COMMIT arrives that is stalled.
        fired: how often each fault really happened.
    """

    upstream: tuple[str, str]
    faults: Switch | Dice
    listening: socket.socket
    random: Random = field(default_factory=lambda: Random(0))
    stall_seconds: float = 1
    fired: Counter[Fault] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> None:
        """Until nobody listens any more."""
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def note(self, fault: Fault) -> None:
        with self._lock:
            self.fired[fault] += 1

    def _carry(self, client: socket.socket) -> None:
        with client, _connect(*self.upstream) as server:
            line = _Line(self, client, server, is_rude=self.random.random() < 0.5)
            answers = threading.Thread(target=line.carry_answers, daemon=True)
            answers.start()
            line.carry_questions()
            answers.join()
            if line.is_rude and line.is_broken:
                with suppress(OSError):
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@dataclass
class _Line:
    """One connection. A rude one ends with a reset, the other with a decent goodbye."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    is_rude: bool
    is_broken: bool = False
    _swallows: bool = False

    def carry_questions(self) -> None:
        with suppress(OSError):
            while data := self.client.recv(CHUNK):
                fault = self.proxy.faults.at_commit() if ASKED in data else self.proxy.faults.at_chunk()
                if fault in (Fault.BEFORE, Fault.EARLIER):
                    self._break(fault)
                    break
                if fault is Fault.STALL:
                    self.proxy.note(fault)
                    time.sleep(self.proxy.stall_seconds)
                self._swallows = fault is Fault.AFTER
                self.server.sendall(data)
        self._hang_up()

    def carry_answers(self) -> None:
        with suppress(OSError):
            while data := self.server.recv(CHUNK):
                if self._swallows and any(word in data for word in DONE):
                    self._break(Fault.AFTER)
                    break
                self.client.sendall(data)
        self._hang_up()

    def _break(self, fault: Fault) -> None:
        self.is_broken = True
        self.proxy.note(fault)

    def _hang_up(self) -> None:
        """Wake the other thread, which then ends too. A reset is sent when the socket is closed."""
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_RD if self.is_rude and self.is_broken else socket.SHUT_RDWR)
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)


def _connect(host: str, port: str) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


@contextmanager
def proxied(
    faults: Switch | Dice, *, seed: int = 0, listening: socket.socket | None = None, **options: Any
) -> Iterator[Proxy]:
    """Lead the default connection through a proxy: those of this thread, and of threads that connect meanwhile.

    Args:
        listening: where clients come in; otherwise a free port of this machine.
    """
    direct: Mapping[str, Any] = connections["default"].settings_dict
    with listening or socket.create_server(("127.0.0.1", 0)) as opened:
        proxy = Proxy((direct["HOST"], direct["PORT"] or "5432"), faults, opened, Random(seed), **options)
        threading.Thread(target=proxy.serve, daemon=True).start()
        host, port = opened.getsockname()
        plain = {**direct["OPTIONS"], "sslmode": "disable", "gssencmode": "disable"}
        with connected_with({"HOST": host, "PORT": str(port), "OPTIONS": plain}):
            yield proxy
        # `close` alone leaves whoever waits in `accept` where it is.
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
