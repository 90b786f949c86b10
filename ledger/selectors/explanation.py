"""Why a wallet's balance is what it is: a snapshot, and every posting since (ADR 0019)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Bucket
from ledger.money import ZERO
from ledger.selectors.balances import WALLET_BUCKETS, Figures, wallet_account_ids, wallet_figures_at
from ledger.selectors.snapshot import REPORT_PATIENCE_MILLISECONDS, one_instant


@dataclass(frozen=True, slots=True)
class Part:
    """One posting that counts. `amount` is signed; `transaction_id` and `type` are those of its document."""

    id: UUID
    transaction_id: UUID
    type: str
    description: str
    bucket: str
    amount: Decimal
    effective_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """The last part that somebody has seen, in the order of the parts."""

    recorded_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Sum:
    """What a number of postings add up to, by bucket."""

    amounts: dict[Bucket, Decimal]
    postings: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """`base` and `since` add up to `figures`, bucket by bucket.

    Attributes:
        base_at: the snapshot's instant; None when nothing lies before the parts.
        base: what the snapshot says. since: the sum of all parts, on whatever page.
        parts: those of this page, in the order in which they were recorded.
        has_more: whether parts follow these.
    """

    figures: Figures
    base_at: datetime | None
    base: Sum
    since: Sum
    parts: list[Part]
    has_more: bool


# A snapshot with a posting in it that does not count yet at `at` explains nothing: then an earlier one has to serve.
_BASE = """
    SELECT max(s.at) FROM ledger_snapshot AS s
    WHERE s.taken_at IS NOT NULL AND s.at <= %(until)s AND s.at < coalesce((
        SELECT min(p.recorded_at) FROM ledger_posting AS p
        WHERE p.account_id = ANY(%(accounts)s) AND p.effective_at > p.recorded_at AND p.effective_at > %(at)s
    ), 'infinity')
"""
_BASE_FIGURES = """
    SELECT a.id, s.balance, s.postings
    FROM unnest(%(accounts)s::uuid[]) AS a(id)
    CROSS JOIN LATERAL (
        SELECT balance, postings FROM ledger_snapshotbalance
        WHERE account_id = a.id AND at <= %(base_at)s ORDER BY at DESC LIMIT 1
    ) AS s
"""
# What was recorded after `at` counts by then only if it was back-dated; `counting` is the same in both statements.
_SUM = """
    WITH counting AS (
        SELECT account_id, amount FROM ledger_posting
        WHERE account_id = ANY(%(accounts)s) AND effective_at <= %(at)s
          AND recorded_at > coalesce(%(base_at)s, '-infinity'::timestamptz) AND recorded_at <= %(until)s
        UNION ALL
        SELECT account_id, amount FROM ledger_posting
        WHERE account_id = ANY(%(accounts)s) AND effective_at < recorded_at AND effective_at <= %(at)s
          AND recorded_at > %(until)s AND recorded_at <= %(known_at)s
    )
    SELECT account_id, sum(amount), count(*) FROM counting GROUP BY account_id
"""
_PARTS = """
    WITH counting AS (
        SELECT id, event_id, account_id, amount, effective_at, recorded_at FROM ledger_posting
        WHERE account_id = ANY(%(accounts)s) AND effective_at <= %(at)s
          AND recorded_at > coalesce(%(base_at)s, '-infinity'::timestamptz) AND recorded_at <= %(until)s
        UNION ALL
        SELECT id, event_id, account_id, amount, effective_at, recorded_at FROM ledger_posting
        WHERE account_id = ANY(%(accounts)s) AND effective_at < recorded_at AND effective_at <= %(at)s
          AND recorded_at > %(until)s AND recorded_at <= %(known_at)s
    )
    SELECT p.id, e.stream_id, coalesce(t.type, e.type), coalesce(t.description, ''), a.bucket,
           p.amount, p.effective_at, p.recorded_at
    FROM (
        SELECT * FROM counting
        WHERE %(after_time)s::timestamptz IS NULL OR (recorded_at, id) > (%(after_time)s, %(after_id)s::uuid)
        ORDER BY recorded_at, id LIMIT %(limit)s
    ) AS p
    JOIN ledger_account AS a ON a.id = p.account_id
    JOIN ledger_event AS e ON e.id = p.event_id
    LEFT JOIN ledger_transaction AS t ON t.id = e.stream_id
    ORDER BY p.recorded_at, p.id
"""


def explain_balance(
    *, wallet_id: UUID, asset: str, at: datetime, known_at: datetime, after: Place | None, limit: int
) -> Explanation:
    """List what a wallet's figures at an instant are made of (`wallet_figures_at` has `at` and `known_at`).

    Args:
        after: go on after this part; None = from the start.
        limit: how many parts at most.

    Raises:
        OperationalError: a wallet without any snapshot has more postings than can be added up in a moment.
    """
    accounts = {id: bucket for bucket, id in wallet_account_ids(wallet_id, asset).items()}
    wanted: dict[str, Any] = {
        "accounts": list(accounts),
        "at": at,
        "known_at": known_at,
        "until": min(at, known_at),
        "after_time": after and after.recorded_at,
        "after_id": after and after.id,
        "limit": limit + 1,
    }
    with one_instant(patience_milliseconds=REPORT_PATIENCE_MILLISECONDS), connection.cursor() as cursor:
        cursor.execute(_BASE, wanted)
        (wanted["base_at"],) = cursor.fetchone()
        cursor.execute(_BASE_FIGURES, wanted)
        base = _sum(cursor.fetchall(), accounts)
        cursor.execute(_SUM, wanted)
        since = _sum(cursor.fetchall(), accounts)
        cursor.execute(_PARTS, wanted)
        parts = [Part(*row) for row in cursor.fetchall()]
        figures = wallet_figures_at(wallet_id=wallet_id, asset=asset, at=at, known_at=known_at)
    return Explanation(figures, wanted["base_at"], base, since, parts[:limit], len(parts) > limit)


def _sum(rows: list[tuple[UUID, Decimal, int]], accounts: dict[UUID, Bucket]) -> Sum:
    amounts = dict.fromkeys(WALLET_BUCKETS, ZERO) | {accounts[id]: amount for id, amount, _ in rows}
    return Sum(amounts, sum(count for *_, count in rows))
