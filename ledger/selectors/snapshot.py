"""One unchanging view of the ledger: everything read inside comes from one instant, whatever is posted meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

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
            without_time_limits(cursor)
        else:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(patience_milliseconds)])
        yield


def whole_ledger() -> AbstractContextManager[None]:
    """`one_instant` for readers of everything, who take their time."""
    return one_instant(patience_milliseconds=None)


def without_time_limits(cursor: Any) -> None:
    """Lift the limits on time for what is left of the transaction."""
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    cursor.execute("SHOW server_version_num")
    if int(cursor.fetchone()[0]) >= TRANSACTION_TIMEOUT_SINCE:
        cursor.execute("SET LOCAL transaction_timeout = 0")
