"""The months of the large tables (R94, R198, R199): of every table in the database that is cut by month."""

from __future__ import annotations

from datetime import date

from django.db import connection

MONTHS_AHEAD = 3


def ensure_partitions(since: date | None = None) -> list[str]:
    """Create missing months, three ahead, and the guards of all. Runs with the owner's rights inside the database
    (migration 0009).

    Args:
        since: make the months from this day's on; without it from the last month on.

    Returns:
        The names of the partitions made now; empty when nothing was missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_ensure_partitions(%s, %s)", [MONTHS_AHEAD, since])
        return [row[0] for row in cursor.fetchall()]
