"""One unchanging view of the ledger: everything read inside comes from one instant, whatever is posted meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection
from django.db.transaction import atomic

TRANSACTION_TIMEOUT_SINCE = 170_000
PATIENCE_MILLISECONDS = 2_000
REPORT_PATIENCE_MILLISECONDS = 5_000
"""For what somebody asked for by itself, where the other is for one part of a page."""


@contextmanager
def one_instant(*, patience_milliseconds: int | None = PATIENCE_MILLISECONDS) -> Iterator[None]:
    """REPEATABLE READ is snapshot isolation: it blocks nobody.

    Args:
        patience_milliseconds: the longest that one statement may take; None lifts the time limits that protect
            requests, for readers of the whole ledger.

    Raises:
        OperationalError: a statement took longer.
    """
    with atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # inside a caller's transaction its own isolation stands
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if patience_milliseconds is None:
            lift_time_limits()
        else:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(patience_milliseconds)])
        yield


def whole_ledger() -> AbstractContextManager[None]:
    """`one_instant` for readers of everything, who take their time."""
    return one_instant(patience_milliseconds=None)


def lift_time_limits() -> None:
    """Let the rest of this transaction take its time: the limits that protect requests do not hold for it."""
    assert connection.in_atomic_block, "they would be back with the next statement"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SHOW server_version_num")
        if int(cursor.fetchone()[0]) >= TRANSACTION_TIMEOUT_SINCE:
            cursor.execute("SET LOCAL transaction_timeout = 0")
