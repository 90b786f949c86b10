"""What wallets held at many instants at once, for charts (ADR 0019)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Bucket
from ledger.money import EXACT, ZERO
from ledger.selectors.balances import WALLET_BUCKETS, wallet_account_ids
from ledger.selectors.instants import EVER, balances_at
from ledger.selectors.snapshot import REPORT_PATIENCE_MILLISECONDS, one_instant


@dataclass(frozen=True, slots=True)
class Holder:
    """A wallet, and the asset that it holds."""

    wallet_id: UUID
    asset: str


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    at: datetime
    amounts: dict[Bucket, Decimal]


# Each posting of the period is read once, whatever the number of points: found by when it was recorded, or, if that
# was later than the period, among those that are back-dated. A posting belongs to the first point that is not before
# it, so the number of points that lie before it is that point's place.
_TURNOVER = """
    WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest(%(accounts)s::uuid[], %(assets)s::text[], %(buckets)s::text[])
                      AS a(account_id, asset, bucket)
    )
    SELECT p.asset, p.bucket,
           width_bucket(p.effective_at - interval '1 microsecond', %(points)s::timestamptz[]) AS place, sum(p.amount)
    FROM (
        SELECT asset, bucket, effective_at, amount FROM wanted JOIN ledger_posting USING (account_id)
        WHERE recorded_at > %(first)s AND recorded_at <= %(last)s
          AND effective_at > %(first)s AND effective_at <= %(last)s
        UNION ALL
        SELECT asset, bucket, effective_at, amount FROM wanted JOIN ledger_posting USING (account_id)
        WHERE effective_at < recorded_at AND effective_at > %(first)s AND effective_at <= %(last)s
          AND recorded_at > %(last)s
    ) AS p
    GROUP BY 1, 2, 3
"""


def balance_series(holders: Iterable[Holder], points: Sequence[datetime]) -> dict[str, list[SeriesPoint]]:
    """The figures of wallets at each of `points`, added up per asset, as they are known now.

    Args:
        points: in ascending order, at least one.

    Raises:
        OperationalError: the period holds more postings than can be added up in a moment.
    """
    accounts = {
        id: (holder.asset, bucket)
        for holder in holders
        for bucket, id in wallet_account_ids(holder.wallet_id, holder.asset).items()
    }
    parameters: dict[str, Any] = {
        "accounts": list(accounts),
        "assets": [asset for asset, _ in accounts.values()],
        "buckets": [bucket.value for _, bucket in accounts.values()],
        "points": list(points),
        "first": points[0],
        "last": points[-1],
    }
    with one_instant(patience_milliseconds=REPORT_PATIENCE_MILLISECONDS), connection.cursor() as cursor:
        opening = balances_at(accounts, at=points[0], known_at=EVER)
        cursor.execute(_TURNOVER, parameters)
        turnover = {(asset, Bucket(bucket), place): amount for asset, bucket, place, amount in cursor.fetchall()}
    running: dict[str, dict[Bucket, Decimal]] = {}
    for id, (asset, bucket) in accounts.items():
        amounts = running.setdefault(asset, dict.fromkeys(WALLET_BUCKETS, ZERO))
        amounts[bucket] = EXACT.add(amounts[bucket], opening[id])
    return {asset: _points(asset, running[asset], turnover, points) for asset in sorted(running)}


def _points(
    asset: str,
    amounts: dict[Bucket, Decimal],
    turnover: dict[tuple[str, Bucket, int], Decimal],
    points: Sequence[datetime],
) -> list[SeriesPoint]:
    series = []
    for place, at in enumerate(points):
        amounts = {
            bucket: EXACT.add(amount, turnover.get((asset, bucket, place), ZERO)) for bucket, amount in amounts.items()
        }
        series.append(SeriesPoint(at, amounts))
    return series
