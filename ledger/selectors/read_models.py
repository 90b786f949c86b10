"""Reading the materialised sums, within a scope, with their age (ADR 0020)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from ledger.core.accounts import WALLET
from ledger.models import BalanceSummary, TransactionSummary
from ledger.selectors.replicas import reader
from ledger.selectors.scope import Scope

BALANCES, TRANSACTIONS = "user_balance_summary", "transaction_summary"
READ_MODELS = (BALANCES, TRANSACTIONS)


@dataclass(frozen=True, slots=True)
class Freshness:
    """What had been committed by `as_of` is in a read model; `age` is how long ago that was (R279)."""

    as_of: datetime
    age: timedelta

    @property
    def age_seconds(self) -> int:
        return int(self.age.total_seconds())


def freshness() -> dict[str, Freshness]:
    """How fresh each read model is, by its name. Ask before reading it, so that the answer never flatters."""
    with reader().cursor() as cursor:
        cursor.execute("SELECT name, as_of, clock_timestamp() - as_of FROM ledger_readmodel")
        return {name: Freshness(as_of, age) for name, as_of, age in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class AssetTotals:
    """What all wallets of a scope hold of one asset."""

    asset: str
    wallets: int
    available: Decimal
    pending: Decimal
    reserved: Decimal
    staked: Decimal


def balance_totals(scope: Scope) -> list[AssetTotals]:
    """Sums over all visible wallets, by asset (R201)."""
    held = _of_wallets(scope).order_by("asset_id").values_list("asset_id")
    sums = (Sum("available"), Sum("pending"), Sum("reserved"), Sum("staked"))
    return [AssetTotals(*row) for row in held.annotate(Count("owner_id"), *sums)]


def balance_rows(wallet_ids: Iterable[UUID]) -> dict[UUID, BalanceSummary]:
    """The rows of wallets, by wallet id. A wallet that is younger than the read model has none."""
    rows = BalanceSummary.objects.filter(owner_type=WALLET, owner_id__in=list(wallet_ids))
    return {row.owner_id: row for row in rows}


def _of_wallets(scope: Scope) -> QuerySet[BalanceSummary]:
    return BalanceSummary.objects.filter(Q(scope.names_wallet("owner_id")), owner_type=WALLET)


@dataclass(frozen=True, slots=True)
class DayTotals:
    """How many documents of a kind touched visible wallets on a day (UTC, by when they count), and what they moved.

    Attributes:
        direction: OUT or IN, from the wallet's side. A transfer between two visible wallets is in both.
        fee_amount: paid by the wallets; on the payer's side only.
    """

    day: date
    type: str
    direction: str
    status: str
    asset: str
    documents: int
    amount: Decimal
    fee_amount: Decimal


def transaction_totals(
    scope: Scope, *, first: date, last: date, types: Sequence[str] = (), statuses: Sequence[str] = ()
) -> list[DayTotals]:
    """Sums by day, type, direction, status and asset (R202), oldest first.

    Args:
        first, last: days in UTC, both inclusive.
        types, statuses: only these; empty = all.
    """
    rows = TransactionSummary.objects.filter(Q(scope.names_wallet("wallet_id")), day__range=(first, last))
    wanted: dict[str, Any] = {"type__in": types, "status__in": statuses}
    rows = rows.filter(**{name: values for name, values in wanted.items() if values})
    key = ("day", "type", "direction", "status", "asset_id")
    sums = (Sum("documents"), Sum("amount"), Sum("fee_amount"))
    return [DayTotals(*row) for row in rows.order_by(*key).values_list(*key).annotate(*sums)]
