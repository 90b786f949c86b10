"""Accounts as the machine sees them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Account, AccountStatus, Book, Bucket

_READ = """
    SELECT clock.now, a.id, a.owner_type, a.owner_id, a.book, a.asset_id, a.bucket,
           a.min_balance, a.balance, a.status, a.seq, a.life_seq, a.version,
           a.window_starts_at
    FROM (SELECT clock_timestamp() AS now) AS clock
    LEFT JOIN ledger_account AS a ON a.id = ANY(%s)
"""


def read_accounts(ids: Iterable[UUID]) -> tuple[dict[UUID, Account], datetime]:
    """The stored state of accounts, and the database's clock at the time of reading.

    Args:
        ids: which accounts; ids without a row are left out of the answer.

    Returns:
        The accounts by id, and the instant (UTC). Call it after `locks.lock_accounts` to decide on what it says.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(ids)])
        rows = cursor.fetchall()
    accounts = {row[1]: _account(row[1:]) for row in rows if row[1] is not None}
    return accounts, rows[0][0]


def existing_ids(ids: Iterable[UUID]) -> set[UUID]:
    """Which of these accounts have been opened."""
    accounts, _ = read_accounts(ids)
    return set(accounts)


def _account(row: tuple) -> Account:  # type: ignore[type-arg]
    id, owner_type, owner_id, book, asset, bucket, min_balance, balance, status, *counters, window_starts_at = row
    seq, life_seq, version = counters
    return Account(
        id=id,
        owner_type=owner_type,
        owner_id=owner_id,
        book=Book(book),
        asset=asset,
        bucket=Bucket(bucket),
        min_balance=min_balance,
        balance=balance,
        status=AccountStatus(status),
        seq=seq,
        life_seq=life_seq,
        version=version,
        window_starts_at=window_starts_at,
    )
