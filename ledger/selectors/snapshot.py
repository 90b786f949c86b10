"""One unchanging view of the whole ledger, for readers that take their time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.transaction import atomic

TRANSACTION_TIMEOUT_SINCE = 170_000


@contextmanager
def whole_ledger() -> Iterator[None]:
    """Everything read inside comes from one instant, whatever is posted meanwhile.

    REPEATABLE READ is snapshot isolation: it blocks nobody. The time limits that protect requests are lifted.
    """
    with atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # inside a caller's transaction its own isolation stands
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        lift_time_limits()
        yield


def lift_time_limits() -> None:
    """Let the rest of this transaction take its time: the limits that protect requests do not hold for it."""
    assert connection.in_atomic_block, "they would be back with the next statement"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SHOW server_version_num")
        if int(cursor.fetchone()[0]) >= TRANSACTION_TIMEOUT_SINCE:
            cursor.execute("SET LOCAL transaction_timeout = 0")
