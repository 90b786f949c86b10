"""Looks through everything that is kept or written down for what may lie nowhere: secrets, tokens, card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from ledger import redis
from ledger.api.cards import contains_card_number

TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}")
_TABLES = """
    SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
"""Those that hold rows: each month for itself, and not once more as a part of its whole."""
Place = tuple[str, str]
"""Where a line was found, and the line."""


def scan(secrets: Sequence[str], *, logs: Sequence[Path], database_url: str) -> tuple[dict[str, int], list[str]]:
    """Everything that is kept, line by line.

    Args:
        secrets: texts that were used, and may be kept nowhere.
        database_url: of somebody who may read every table.

    Returns:
        How many lines were looked at in each kind of place, and what was found where (never the secret itself).
    """
    looked = dict.fromkeys(("database", "logs", "valkey"), 0)
    found = []
    places = {"database": _rows(database_url), "logs": _lines(logs), "valkey": _values()}
    for kind, lines in places.items():
        for where, line in lines:
            looked[kind] += 1
            found += [f"{what} in {where}" for what in what_is_in(line, secrets)]
    return looked, found


def what_is_in(line: str, secrets: Sequence[str]) -> Iterator[str]:
    """What a line holds that it may not."""
    for number, secret in enumerate(secrets):
        if secret and secret in line:
            yield f"secret {number} ({secret[:2]}…, {len(secret)} characters)"
    if TOKEN.search(line):
        yield "a token"
    # Beside figures and ids: who writes a card number, writes it as a text of its own.
    if any(contains_card_number(text) for text in re.split(r'[\t",:{}\[\]\\]', line)):
        yield "a card number"


def _rows(database_url: str) -> Iterator[Place]:
    """The outbox and the inbox are tables too: what waits in them lies in the queue next."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for schema, table in connection.execute(_TABLES).fetchall():
            statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
            with connection.cursor().copy(statement) as copy:
                for row in copy:
                    yield table, bytes(row).decode("utf-8", "replace")


def _lines(logs: Sequence[Path]) -> Iterator[Place]:
    for log in logs:
        for line in log.read_text("utf-8", "replace").splitlines():
            yield log.name, line


def _values() -> Iterator[Place]:
    client: Any = redis.client()
    for key in client.scan_iter(count=1000):
        yield "valkey", f"{key}\t{_value(client, key)}"


def _value(client: Any, key: str) -> str:
    match client.type(key):
        case "string":
            return str(client.get(key))
        case "hash":
            return str(client.hgetall(key))
        case "list":
            return str(client.lrange(key, 0, -1))
        case "set":
            return str(client.smembers(key))
        case _:
            return str(client.zrange(key, 0, -1))


def own_secrets() -> list[str]:
    """Those of this installation."""
    several = [settings.JWT_SIGNING_KEYS, settings.WEBHOOK_ENCRYPTION_KEYS, settings.SECOND_FACTOR_ENCRYPTION_KEYS]
    return [settings.SECRET_KEY, *(key for keys in several for key in keys)]
