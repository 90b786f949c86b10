"""Other ways to the test's database than the service's own."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.transaction import atomic, set_rollback
from psycopg.conninfo import make_conninfo

from tests.servers import database_name
from walletsite.database import Purpose, database_settings


def superuser_url() -> str:
    return make_conninfo(os.environ["TEST_SUPERUSER_URL"], dbname=database_name())


def superuser() -> psycopg.Connection:
    """A connection of its own, besides the service's."""
    return psycopg.connect(superuser_url(), autocommit=True)


@contextmanager
def connected_with(changed: dict[str, Any]) -> Iterator[None]:
    """Let the default connection be another one for a while. Outside of a transaction only."""
    connection = connections["default"]
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(changed)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@contextmanager
def connected_as_superuser() -> Iterator[None]:
    with connected_with(database_settings(superuser_url(), Purpose.OWN, pool_size=1)):
        yield


@contextmanager
def connected_as_owner() -> Iterator[None]:
    with connected_with(database_settings(settings.OWNER_DATABASE_URL, Purpose.OWN, pool_size=1)):
        yield


@contextmanager
def tampering() -> Iterator[CursorWrapper]:
    """A superuser with every trigger switched off, as the default connection; all of it is rolled back.

    This is who can break the ledger: nobody else gets past the guards.
    """
    with connected_as_superuser(), atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        set_rollback(True)


class Cut(Enum):
    """Where a connection breaks: the client sees the same both times."""

    BEFORE_COMMIT = "COMMIT never arrives"
    AFTER_COMMIT = "the answer to COMMIT never arrives"


@contextmanager
def breaking_at_commit(cut: Cut) -> Iterator[None]:
    """Route the default connection through a proxy that breaks it at its first COMMIT."""
    direct = connections["default"].settings_dict
    upstream = direct["HOST"], direct["PORT"] or "5432"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve_one, args=(listening, upstream, cut), daemon=True).start()
        options = {**direct["OPTIONS"], "sslmode": "disable", "gssencmode": "disable"}
        host, port = listening.getsockname()
        with connected_with({"HOST": host, "PORT": str(port), "OPTIONS": options}):
            yield


def _serve_one(listening: socket.socket, upstream: tuple[str, str], cut: Cut) -> None:
    client, _ = listening.accept()
    with client, _connect(*upstream) as server:
        line = _Line(client, server, cut)
        answers = threading.Thread(target=line.carry_answers, daemon=True)
        answers.start()
        line.carry_questions()
        answers.join()


def _connect(host: str, port: str) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


@dataclass
class _Line:
    client: socket.socket
    server: socket.socket
    cut: Cut
    is_committing: bool = False

    def carry_questions(self) -> None:
        while data := self.client.recv(65536):
            self.is_committing = b"COMMIT\0" in data
            if self.is_committing and self.cut is Cut.BEFORE_COMMIT:
                break
            self.server.sendall(data)
        self._hang_up()

    def carry_answers(self) -> None:
        with suppress(OSError):
            while data := self.server.recv(65536):
                if self.is_committing:
                    break
                self.client.sendall(data)
        self._hang_up()

    def _hang_up(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
