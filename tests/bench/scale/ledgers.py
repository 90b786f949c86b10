"""Two ledgers on one server, one small and one large, and how to work on either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.progress import Progress

from ledger.ids import new_id
from ledger.services import journal
from ledger.services.movements import Side
from tests.bench.posting import OPENED_AT_ONCE
from tests.bench.scale.filling import Scale, fill
from tests.ledger.books import Books
from walletsite.embedded.roles import APP, OWNER, ensure_database

PURPOSE = "BENCH_FUNDING"


@dataclass(frozen=True)
class Ledger:
    """A database with months of history.

    Attributes:
        wallets: the hot one first.
        connection: the one that Django uses while it works `on` this ledger.
    """

    name: str
    superuser_url: str = field(repr=False)
    connection: DatabaseWrapper
    books: Books
    wallets: list[Side]
    scale: Scale

    @property
    def hot(self) -> Side:
        return self.wallets[0]

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.superuser_url, autocommit=True)


@contextmanager
def on(connection: DatabaseWrapper) -> Iterator[None]:
    """Let the default connection be this one for a while; both stay open, with what they have prepared."""
    before = connections["default"]
    connections["default"] = connection
    try:
        yield
    finally:
        connections["default"] = before


def copy_of(superuser_url: str, database: str, name: str) -> None:
    """Make a database like another one that nobody uses, with the same rights."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        connection.execute(statement.format(*map(sql.Identifier, (name, OWNER, database))))
    ensure_database(superuser_url, name, owner=OWNER, guest=APP)


def make_ledger(superuser_url: str, database: str, *, wallets: int, postings: int, progress: Progress) -> Ledger:
    """Fill a database that is prepared and empty.

    Args:
        superuser_url: of any database of the server.
    """
    url = make_conninfo(superuser_url, dbname=database)
    connection = DatabaseWrapper({**connections["default"].settings_dict, "NAME": database}, alias="default")
    task = progress.add_task(f"{postings:,} postings", total=postings)
    with on(connection):
        books = Books(purpose=PURPOSE).open()
        opened = _open_wallets(books, wallets)
    with psycopg.connect(url, autocommit=True) as superuser:
        funding = books.funding.id
        scale = fill(
            superuser, books.company_id, funding, opened, postings, lambda n: progress.update(task, completed=n)
        )
    return Ledger(database, url, connection, books, opened, scale)


def _open_wallets(books: Books, number: int) -> list[Side]:
    wallets = [Side(new_id(), books.currency) for _ in range(number)]
    for start in range(0, number, OPENED_AT_ONCE):
        outcomes = journal.post([books.opening(wallet) for wallet in wallets[start : start + OPENED_AT_ONCE]])
        assert all(outcome.result and not outcome.result.refusal for outcome in outcomes)
    return wallets
