"""How the inbox is doing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

_BACKLOG = """
    SELECT (SELECT count(*) FROM ledger_inboxevent WHERE status = 'PENDING'),
           (SELECT extract(epoch FROM clock_timestamp() - min(received_at))::double precision
            FROM ledger_inboxevent WHERE status = 'PENDING'),
           (SELECT count(*) FROM ledger_inboxevent WHERE status = 'FAILED'),
           (SELECT coalesce(sum(missed), 0)::bigint FROM ledger_inboxsource)
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Attributes:

    pending, age_seconds: events that wait, and since when the oldest does; None when none does.
    failed: dead letters that nobody has dealt with.
    missed: numbers of sources that never came.
    """

    pending: int
    age_seconds: float | None
    failed: int
    missed: int


def inbox_backlog() -> Backlog:
    """The figures of this moment, from two small indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG)
        return Backlog(*cursor.fetchone())
