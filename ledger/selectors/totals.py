"""Sums for people who look after money: what is held, whether it adds up, what has happened, what still waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce

from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, Min, Sum
from django.db.transaction import atomic

from ledger.core.accounts import Book, Bucket
from ledger.models import OutboxMessage
from ledger.money import EXACT, ZERO
from ledger.selectors.balances import system_balances
from ledger.selectors.clock import DatabaseClock
from ledger.selectors.scope import Scope, accounts_within, transactions_within

MOST_COUNTED = 10_000
"""Nobody waits for an exact count of more."""
PATIENCE_MILLISECONDS = 2_000


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the wallets of a scope hold in one asset, and the company's own accounts on the other side.

    Attributes:
        wallets: by bucket (AVAILABLE, RESERVED, …).
        company: what the company's own accounts hold; None for who sees a part of the company only.
    """

    asset: str
    wallets: dict[str, Decimal]
    company: Decimal | None

    @property
    def total(self) -> Decimal:
        return _sum(self.wallets.values())

    @property
    def difference(self) -> Decimal | None:
        """The sum of all postings of the company in this asset: zero, unless money was lost or made."""
        return None if self.company is None else EXACT.add(self.total, self.company)


def holdings(scope: Scope) -> list[Holdings]:
    """What is held, by asset, all of one instant.

    Raises:
        OperationalError: it takes longer than `PATIENCE_MILLISECONDS`; ask `verify_ledger` instead.
    """
    accounts = accounts_within(scope).filter(book=Book.MONEY).order_by()
    with _one_instant():
        by_bucket = accounts.exclude(bucket=Bucket.SYSTEM).values_list("asset_id", "bucket")
        wallets = list(by_bucket.annotate(total=Sum("balance")))
        own = dict(accounts.filter(bucket=Bucket.SYSTEM).values_list("id", "asset_id"))
        balances = system_balances(own) if own else {}
    return [
        Holdings(
            asset=asset,
            wallets={bucket: total for held, bucket, total in wallets if held == asset},
            company=_sum(balances[id] for id in own if own[id] == asset) if scope.is_whole_company else None,
        )
        for asset in sorted({asset for asset, *_ in wallets} | set(own.values()))
    ]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, amounts, ZERO)


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
    """What the outbox still has to tell: how many messages (at most `MOST_COUNTED`), and how old the oldest is."""

    waiting: int
    age: timedelta | None


def outbox_backlog() -> Backlog:
    """The backlog of the whole installation: one relay serves all companies."""
    pending = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING)
    age = pending.aggregate(age=ExpressionWrapper(DatabaseClock() - Min("created_at"), DurationField()))["age"]
    return Backlog(waiting=pending[:MOST_COUNTED].count(), age=age)
