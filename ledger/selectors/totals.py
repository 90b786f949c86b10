"""Sums for people who look after money: what is held, whether it adds up, what has happened, what still waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Min, Sum
from django.db.transaction import atomic

from ledger.core.accounts import Book, Bucket
from ledger.models import Account, OutboxMessage
from ledger.money import EXACT, ZERO
from ledger.selectors.balances import system_balances
from ledger.selectors.clock import database_now
from ledger.selectors.scope import Scope, accounts_within, transactions_within

MOST_COUNTED = 10_000
"""Nobody waits for an exact count of more."""
PATIENCE_MILLISECONDS = 2_000


@dataclass(slots=True)
class Holdings:
    """What the wallets of a scope hold in one asset, and the company's own accounts on the other side.

    Attributes:
        company: what the company's own accounts hold; None for who sees a part of the company only.
    """

    asset: str
    available: Decimal = ZERO
    pending: Decimal = ZERO
    reserved: Decimal = ZERO
    company: Decimal | None = None

    @property
    def total(self) -> Decimal:
        return EXACT.add(EXACT.add(self.available, self.pending), self.reserved)

    @property
    def difference(self) -> Decimal | None:
        """The sum of all postings of the company in this asset: zero, unless money was lost or made."""
        return None if self.company is None else EXACT.add(self.total, self.company)


def holdings(scope: Scope) -> list[Holdings]:
    """What is held, by asset, all of one instant.

    Raises:
        OperationalError: it takes longer than `PATIENCE_MILLISECONDS`; ask `verify_ledger` instead.
    """
    accounts = accounts_within(scope).filter(book=Book.MONEY)
    with _one_instant():
        sums = list(
            accounts.exclude(bucket=Bucket.SYSTEM)
            .order_by()
            .values_list("asset_id", "bucket")
            .annotate(total=Sum("balance"))
        )
        own = dict(accounts.filter(bucket=Bucket.SYSTEM).values_list("id", "asset_id"))
        own_balances = system_balances(own) if own else {}
    company = ZERO if scope.is_whole_company else None
    found = {asset: Holdings(asset, company=company) for asset in sorted({row[0] for row in sums} | set(own.values()))}
    for asset, bucket, total in sums:
        setattr(found[asset], bucket.lower(), total)
    for id, balance in own_balances.items():
        held = found[own[id]]
        held.company = EXACT.add(held.company or ZERO, balance)
    return list(found.values())


@contextmanager
def _one_instant() -> Iterator[None]:
    with atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # inside a caller's transaction its own isolation stands
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MILLISECONDS)])
        yield


def outcomes_since(scope: Scope, start: datetime) -> Counter[str]:
    """How many documents were made since `start`, by status; looks at `MOST_COUNTED` of them at most."""
    documents = transactions_within(scope).filter(created_at__gte=start)
    return Counter(documents.values_list("status", flat=True)[:MOST_COUNTED])


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the outbox still has to tell.

    Attributes:
        waiting, failed: messages, at most `MOST_COUNTED`.
        age: of the oldest that waits; None when nothing does.
    """

    waiting: int
    failed: int
    age: timedelta | None


def outbox_backlog() -> Backlog:
    """The backlog of the whole installation: one relay serves all companies."""
    pending = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING)
    failed = OutboxMessage.objects.filter(status=OutboxMessage.Status.FAILED)
    oldest = pending.aggregate(oldest=Min("created_at"))["oldest"]
    return Backlog(
        waiting=pending[:MOST_COUNTED].count(),
        failed=failed[:MOST_COUNTED].count(),
        age=None if oldest is None else database_now() - oldest,
    )
