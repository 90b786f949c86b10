"""Looks at every new connection once: refuses a database that would lose acknowledged money, bounds transactions.

Refusing each connection, not only the start, also catches a server that was changed or swapped while we run.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

TRANSACTION_TIMEOUT_SINCE = 170000

_SETTINGS = """
    SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
           pg_is_in_recovery()
"""


class UnsafeDatabase(OperationalError):
    """The database may not hold money. To a client this is a database that is not there."""


_examined: WeakSet[psycopg.Connection] = WeakSet()


def durability_faults(connection: psycopg.Connection) -> list[str]:
    """Name what makes the server forget a transaction that it has acknowledged; empty when nothing does."""
    row = connection.execute(_SETTINGS).fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    fsync, full_page_writes, synchronous_commit, is_replica = row
    return durability_faults_of(
        fsync=fsync, full_page_writes=full_page_writes, synchronous_commit=synchronous_commit, is_replica=is_replica
    )


def durability_faults_of(*, fsync: str, full_page_writes: str, synchronous_commit: str, is_replica: bool) -> list[str]:
    """Judge the server's settings. All values of `synchronous_commit` but "off" flush before they acknowledge."""
    faults = {
        "fsync is off": fsync != "on",
        "full_page_writes is off": full_page_writes != "on",
        "synchronous_commit is off": synchronous_commit == "off",
        "it is a replica": is_replica,
    }
    return [fault for fault, found in faults.items() if found]


def examine(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of `connection_created`, which a pool sends at each loan: only the first look costs round trips.

    Raises:
        UnsafeDatabase: it could forget what it has acknowledged.
    """
    server = connection.connection
    if server in _examined or connection.vendor != "postgresql":
        return
    keeps_money = connection.alias == DEFAULT_DB_ALIAS
    if keeps_money and settings.REQUIRE_DURABLE_DATABASE and (faults := durability_faults(server)):
        server.close()
        connection.close()
        raise UnsafeDatabase(f"This database would lose acknowledged money: {', '.join(faults)}. Nothing was done.")
    if settings.TRANSACTION_TIMEOUT_SECONDS and server.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        timeout = f"{settings.TRANSACTION_TIMEOUT_SECONDS}s"
        server.execute("SELECT set_config('transaction_timeout', %s, false)", [timeout])
    _examined.add(server)
