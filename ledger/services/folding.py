"""Keeps the tails of system accounts short: moves what is settled into their checkpoints (ADR 0011).

The horizon is the oldest database transaction that still runs. Every event with a smaller transaction id has
committed or never will, so a late commit can not be missed, which `max(id)` or a timestamp would (ADR 0011).
"""

from __future__ import annotations

from django.db import connection
from django.db.transaction import atomic

_FOLD = """
    WITH horizon AS (
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid
    ), since AS (
        SELECT coalesce(min(coalesce(folded_xid, 0)), 0) AS xid FROM ledger_account WHERE bucket = 'SYSTEM'
    ), tails AS (
        SELECT a.id, sum(p.amount) AS total
        FROM ledger_event AS e
        CROSS JOIN LATERAL (
            SELECT account_id, amount FROM ledger_posting
            WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
            OFFSET 0  -- leaves the planner no other way than the index, event by event
        ) AS p
        JOIN ledger_account AS a ON a.id = p.account_id
        WHERE a.bucket = 'SYSTEM' AND e.xid >= coalesce(a.folded_xid, 0)
          -- The same again, for all accounts at once: this is what the index on xid can use.
          AND e.xid >= (SELECT xid FROM since) AND e.xid < (SELECT xid FROM horizon)
        GROUP BY a.id
    )
    UPDATE ledger_account AS account
    SET balance = account.balance + coalesce(tails.total, 0), folded_xid = horizon.xid, updated_at = clock_timestamp()
    FROM ledger_account AS same JOIN horizon ON true LEFT JOIN tails ON tails.id = same.id
    WHERE account.id = same.id AND same.bucket = 'SYSTEM' AND horizon.xid > coalesce(same.folded_xid, 0)
      -- What would outgrow the column stays in its tail: exact as ever, and no hindrance to the others.
      AND abs(account.balance + coalesce(tails.total, 0)) < 1e20
"""


def fold_system_accounts() -> int:
    """Fold all tails up to the horizon.

    Returns:
        How many checkpoints moved. Running twice, or in two places, changes nothing more.
    """
    with atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_fold_system_accounts'))")
        cursor.execute(_FOLD)
        moved: int = cursor.rowcount
    return moved
