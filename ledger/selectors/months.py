"""How far ahead the large tables have their months. Without the present one, nothing can be written to them."""

from __future__ import annotations

from django.db import connection

_AHEAD = """
    SELECT parent.oid::regclass::text, coalesce(min(step) FILTER (WHERE NOT EXISTS (
        SELECT FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
        WHERE inhparent = parent.oid AND month.relname = ledger_month_name(
            parent.oid::regclass::text,
            (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step))::date
        )
    )), 13) - 1
    FROM ledger_monthly_tables() AS parent(oid) CROSS JOIN generate_series(0, 12) AS step
    GROUP BY parent.oid ORDER BY 1
"""


def months_ahead() -> dict[str, int]:
    """For each table that is cut by month, how many months after the present one are there without a gap.

    Returns:
        By table, at most twelve: 0 when the next month is missing, -1 when the present one is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD)
        return dict(cursor.fetchall())


def tables_without_next_month() -> list[str]:
    """The tables that cannot be written to when this month is over, or not even now."""
    return [table for table, ahead in months_ahead().items() if ahead < 1]
