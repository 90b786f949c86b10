"""The months of the large tables (R94, R199)."""

from __future__ import annotations

from django.db import connection

MONTHS_AHEAD = 3


def ensure_partitions() -> list[str]:
    """Create missing months, three ahead. Runs with the owner's rights inside the database (migration 0002).

    Returns:
        The names of the partitions made now; empty when nothing was missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_ensure_partitions(%s)", [MONTHS_AHEAD])
        return [row[0] for row in cursor.fetchall()]
