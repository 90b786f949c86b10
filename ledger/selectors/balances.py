"""Figures of wallets and of the system's own accounts, now and at any instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery, Sum

from ledger.core.accounts import WALLET, Book, Bucket, account_id
from ledger.models import Account
from ledger.money import EXACT, ZERO
from ledger.selectors.instants import balances_at, wallet_version_at

WALLET_BUCKETS = (Bucket.AVAILABLE, Bucket.PENDING, Bucket.RESERVED)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a wallet holds, in units of its asset.

    Attributes:
        version: number of events that touched the wallet; rises with every change of any figure.
        updated_at: when the last of them was recorded.
    """

    available: Decimal = ZERO
    pending: Decimal = ZERO
    reserved: Decimal = ZERO
    version: int = 0
    updated_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """All that is there, spoken for or not."""
        return EXACT.add(EXACT.add(self.available, self.pending), self.reserved)


_NOW = """
    SELECT owner_id, bucket, balance, version, updated_at
    FROM ledger_account
    WHERE owner_id = ANY(%s) AND owner_type = 'WALLET' AND book = 'money'
"""


def wallet_figures(wallet_ids: Iterable[UUID]) -> dict[UUID, Figures]:
    """The present figures of wallets, by wallet id; one query however many (R236, C6)."""
    ids = list(wallet_ids)
    rows: dict[UUID, dict[str, tuple[Decimal, int, datetime]]] = {id: {} for id in ids}
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [ids])
        for owner_id, bucket, *figures in cursor.fetchall():
            rows[owner_id][bucket] = tuple(figures)
    return {id: _figures(buckets) for id, buckets in rows.items()}


def _figures(buckets: dict[str, tuple[Decimal, int, datetime]]) -> Figures:
    if Bucket.AVAILABLE not in buckets:
        return Figures()
    balance = {bucket: row[0] for bucket, row in buckets.items()}
    _, version, updated_at = buckets[Bucket.AVAILABLE]
    return Figures(
        available=balance[Bucket.AVAILABLE],
        pending=balance.get(Bucket.PENDING, ZERO),
        reserved=balance.get(Bucket.RESERVED, ZERO),
        version=version,
        updated_at=updated_at,
    )


VERSION_OF_WALLET = """
    SELECT version FROM ledger_account
    WHERE owner_id = {wallet_id} AND owner_type = 'WALLET' AND bucket = 'AVAILABLE'
"""
"""For statements of the floors above: the version of a wallet's figures, which rises with every event that touches the
wallet. `wallet_id` is what the outer statement calls it."""


def total_of_wallet(wallet_id: str) -> Subquery:
    """Likewise all that a wallet holds, spoken for or not."""
    own = Account.objects.filter(owner_id=OuterRef(wallet_id), owner_type=WALLET, book=Book.MONEY)
    return Subquery(own.order_by().values("owner_id").annotate(total=Sum("balance")).values("total"))


def touched_since(wallet_id: str, instant: datetime) -> Exists:
    """Likewise whether anything happened to a wallet at an instant or later."""
    headline = Account.objects.filter(owner_id=OuterRef(wallet_id), owner_type=WALLET, bucket=Bucket.AVAILABLE)
    return Exists(headline.filter(updated_at__gte=instant))


def wallet_figures_at(*, wallet_id: UUID, asset: str, at: datetime, known_at: datetime) -> Figures:
    """The figures of a wallet at an instant, as they were known at another (R18, docs/architecture.md).

    Args:
        at: changes that count from then or before are in (`effective_at`).
        known_at: changes recorded later are left out, even if back-dated (`recorded_at`).

    Returns:
        The figures, with the version that the wallet had at the earlier one of the two instants.
    """
    ids = wallet_account_ids(wallet_id, asset)
    figure = balances_at(ids.values(), at=at, known_at=known_at)
    version, updated_at = wallet_version_at(wallet_id, min(at, known_at))
    return Figures(
        available=figure[ids[Bucket.AVAILABLE]],
        pending=figure[ids[Bucket.PENDING]],
        reserved=figure[ids[Bucket.RESERVED]],
        version=version,
        updated_at=updated_at,
    )


def wallet_account_ids(wallet_id: UUID, asset: str) -> dict[Bucket, UUID]:
    """The ids of a wallet's accounts by bucket; they follow from the wallet's own."""
    return {bucket: account_id(WALLET, wallet_id, asset, bucket) for bucket in WALLET_BUCKETS}


_SYSTEM = """
    SELECT a.id, a.balance + coalesce(tail.total, 0)
    FROM ledger_account AS a
    LEFT JOIN LATERAL (
        SELECT sum(p.amount) AS total
        FROM ledger_event AS e
        CROSS JOIN LATERAL (
            SELECT account_id, amount FROM ledger_posting
            WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
            OFFSET 0  -- keeps the planner from comparing every event with every posting of the account
        ) AS p
        WHERE e.xid >= coalesce(a.folded_xid, 0) AND p.account_id = a.id
    ) AS tail ON true
    WHERE a.id = ANY(%s)
"""


def system_balances(account_ids: Iterable[UUID]) -> dict[UUID, Decimal]:
    """Exact balances of system accounts: the checkpoint plus everything since (ADR 0011)."""
    with connection.cursor() as cursor:
        cursor.execute(_SYSTEM, [list(account_ids)])
        return dict(cursor.fetchall())
