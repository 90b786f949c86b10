"""Keeping the materialised sums fresh, and proving them (ADR 0020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.transaction import atomic

from ledger.selectors.read_models import BALANCES, READ_MODELS, TRANSACTIONS
from ledger.selectors.snapshot import lift_time_limits, whole_ledger

Progress = Callable[[int, int], None]


def refresh_read_models() -> list[str]:
    """Read every view anew, each in a transaction of its own. Readers see the old rows until the new ones are there.

    Returns:
        The names of the views that were refreshed; one that somebody else is refreshing just now is left to him.
    """
    return [name for name in READ_MODELS if _refresh_alone(name)]


def _refresh_alone(name: str) -> bool:
    with atomic(durable=True):
        lift_time_limits()
        return _refresh(name)


def _refresh(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_refresh_read_model(%s)", [name])
        (was_refreshed,) = cursor.fetchone()
    return bool(was_refreshed)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row in which a view is not what is stored; `row` is column name to text."""

    view: str
    row: dict[str, str]


def rebuild_read_models(progress: Progress = lambda done, total: None) -> Difference | None:
    """Make the views from the events anew, and compare each with the rows that the ledger keeps up to date (R278).

    The views are made from events and postings, the other side from accounts and documents, both of one instant: two
    ways to the same figures that have nothing in common but the events.

    Args:
        progress: is told how many steps of how many are done.

    Returns:
        The first difference; None when there is none.
    """
    total = 2 * len(READ_MODELS)
    with _nobody_else_refreshes(), whole_ledger():
        for done, name in enumerate(READ_MODELS):
            progress(2 * done, total)
            assert _refresh(name), "nobody else refreshes"
            progress(2 * done + 1, total)
            difference = _compare(name)
            if difference is not None:
                return difference
        progress(total, total)
    return None


@contextmanager
def _nobody_else_refreshes() -> Iterator[None]:
    """Locks of the session, taken before the snapshot: one that is older than another's refresh could not write."""
    with connection.cursor() as cursor:
        for name in READ_MODELS:
            cursor.execute("SELECT pg_advisory_lock(hashtext('ledger_refresh_read_model'), hashtext(%s))", [name])
        try:
            yield
        finally:
            for name in READ_MODELS:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('ledger_refresh_read_model'), hashtext(%s))", [name])


def _compare(name: str) -> Difference | None:
    with connection.cursor() as cursor:
        cursor.execute(_COMPARISONS[name])
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
    return None if row is None else Difference(name, {n: str(v) for n, v in zip(names, row, strict=True)})


_COMPARISONS = {
    BALANCES: """
        WITH stored AS (
            SELECT owner_type, owner_id, asset_id,
                   coalesce(sum(balance) FILTER (WHERE bucket = 'AVAILABLE'), 0) AS available,
                   coalesce(sum(balance) FILTER (WHERE bucket = 'PENDING'), 0) AS pending,
                   coalesce(sum(balance) FILTER (WHERE bucket = 'RESERVED'), 0) AS reserved,
                   coalesce(sum(balance) FILTER (WHERE bucket = 'STAKED'), 0) AS staked,
                   sum(seq)::bigint AS postings
            FROM ledger_account WHERE book = 'money' AND bucket <> 'SYSTEM'
            GROUP BY owner_type, owner_id, asset_id
        )
        SELECT owner_type, owner_id, asset_id, v.available, s.available AS stored_available,
               v.pending, s.pending AS stored_pending, v.reserved, s.reserved AS stored_reserved,
               v.staked, s.staked AS stored_staked, v.postings, s.postings AS stored_postings
        FROM user_balance_summary AS v FULL JOIN stored AS s USING (owner_type, owner_id, asset_id)
        WHERE (v.available, v.pending, v.reserved, v.staked, v.postings)
              IS DISTINCT FROM (s.available, s.pending, s.reserved, s.staked, s.postings)
        LIMIT 1
    """,
    TRANSACTIONS: """
        WITH stored AS (
            SELECT side.wallet_id, (t.effective_at AT TIME ZONE 'UTC')::date AS day, t.type, side.direction, t.status,
                   t.asset_id, count(*) AS documents, sum(t.amount) AS amount,
                   sum(CASE WHEN side.direction = 'OUT' OR t.source_wallet_id IS NULL THEN t.fee_amount ELSE 0 END)
                       AS fee_amount
            FROM ledger_transaction AS t
            CROSS JOIN LATERAL (VALUES ('OUT', t.source_wallet_id), ('IN', t.destination_wallet_id))
                AS side(direction, wallet_id)
            WHERE side.wallet_id IS NOT NULL
                  AND NOT (side.direction = 'IN' AND t.state = 'FAILED' AND t.source_wallet_id IS NOT NULL)
            GROUP BY 1, 2, 3, 4, 5, 6
        )
        SELECT wallet_id, day, type, direction, status, asset_id, v.documents, s.documents AS stored_documents,
               v.amount, s.amount AS stored_amount, v.fee_amount, s.fee_amount AS stored_fee_amount
        FROM transaction_summary AS v FULL JOIN stored AS s
             USING (wallet_id, day, type, direction, status, asset_id)
        WHERE (v.documents, v.amount, v.fee_amount) IS DISTINCT FROM (s.documents, s.amount, s.fee_amount)
        LIMIT 1
    """,
}
