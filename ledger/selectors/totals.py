"""Sums for people who look after money: what is held, whether it adds up, what has happened, what still waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from uuid import UUID

from django.db.models import Case, Sum, When

from ledger.core.accounts import Book, Bucket
from ledger.money import EXACT, ZERO
from ledger.selectors.balances import system_balances
from ledger.selectors.instants import balances_at, system_balances_at
from ledger.selectors.scope import Scope, accounts_within, transactions_within
from ledger.selectors.snapshot import REPORT_PATIENCE_MILLISECONDS, one_instant

MOST_COUNTED = 10_000
"""Nobody waits for an exact count of more."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the wallets of a scope hold in one asset, and the company's own accounts on the other side.

    Attributes:
        wallets: by bucket (AVAILABLE, RESERVED, …).
        company: what the company's own accounts hold; None for who sees a part of the company only.
        purposes: the same by what each of them is for (COMPANY_FUNDING, FEE_INCOME, …).
    """

    asset: str
    wallets: dict[str, Decimal]
    company: Decimal | None
    purposes: dict[str, Decimal] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return _sum(self.wallets.values())

    @property
    def difference(self) -> Decimal | None:
        """The sum of all postings of the company in this asset: zero, unless money was lost or made."""
        return None if self.company is None else EXACT.add(self.total, self.company)


def holdings(scope: Scope) -> list[Holdings]:
    """What is held, by asset, all of one instant. Two queries: the sums of wallets with the company's own accounts, and
    what those hold exactly.

    Raises:
        OperationalError: it takes longer than anybody waits for; ask `verify_ledger` instead.
    """
    accounts = accounts_within(scope).filter(book=Book.MONEY).order_by()
    kinds = accounts.annotate(own_id=Case(When(bucket=Bucket.SYSTEM, then="id")))
    with one_instant():
        sums = kinds.values_list("own_id", "asset_id", "owner_type", "bucket").annotate(total=Sum("balance"))
        wallets, own = {}, {}
        for own_id, asset, owner_type, bucket, total in sums:
            if own_id is None:
                wallets[asset, bucket] = total
            else:
                own[own_id] = asset, owner_type
        balances = system_balances(own) if own else {}
    return _holdings(scope, wallets, own, balances)


def holdings_at(scope: Scope, *, at: datetime, known_at: datetime) -> list[Holdings]:
    """`holdings` at an instant, as they were known at another (`ledger.selectors.instants`).

    Raises:
        OperationalError: there are too many wallets to look all of them up in a moment.
    """
    accounts = accounts_within(scope).filter(book=Book.MONEY).order_by()
    wallets: dict[tuple[str, str], Decimal] = {}
    with one_instant(patience_milliseconds=REPORT_PATIENCE_MILLISECONDS):
        # Most wallets have accounts that have never moved: RESERVED, PENDING.
        of_wallets = accounts.exclude(bucket=Bucket.SYSTEM).filter(seq__gt=0).values_list("id", "asset_id", "bucket")
        named = {id: (asset, bucket) for id, asset, bucket in of_wallets}
        for id, balance in balances_at(named, at=at, known_at=known_at).items():
            wallets[named[id]] = EXACT.add(wallets.get(named[id], ZERO), balance)
        own = {
            id: (asset, purpose)
            for id, asset, purpose in accounts.filter(bucket=Bucket.SYSTEM).values_list("id", "asset_id", "owner_type")
        }
        balances = system_balances_at(own, at=at, known_at=known_at)
    return _holdings(scope, wallets, own, balances)


def _holdings(
    scope: Scope,
    wallets: Mapping[tuple[str, str], Decimal],
    own: Mapping[UUID, tuple[str, str]],
    balances: Mapping[UUID, Decimal],
) -> list[Holdings]:
    found = []
    for asset in sorted({asset for asset, _ in [*wallets, *own.values()]}):
        buckets = {bucket: total for (held, bucket), total in wallets.items() if held == asset}
        purposes = {purpose: balances[id] for id, (held, purpose) in own.items() if held == asset}
        company = _sum(purposes.values()) if scope.is_whole_company else None
        found.append(Holdings(asset, buckets, company, dict(sorted(purposes.items()))))
    return found


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, amounts, ZERO)


def outcomes_since(scope: Scope, start: datetime) -> Counter[str]:
    """How many documents were made since `start`, by status; looks at `MOST_COUNTED` of them at most."""
    documents = transactions_within(scope).filter(created_at__gte=start)
    return Counter(documents.values_list("status", flat=True)[:MOST_COUNTED])
