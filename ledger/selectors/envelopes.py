"""What is left of the envelopes of budgets and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, Subquery

from ledger.core.accounts import Book, Bucket
from ledger.core.allowances import ENVELOPE_BUCKETS, EnvelopeKind, envelope_account_id
from ledger.models import Account
from ledger.money import EXACT, ZERO
from ledger.selectors.accounts import read_accounts


@dataclass(frozen=True, slots=True)
class EnvelopeFigures:
    """One envelope.

    Attributes:
        available: what it still allows; negative when less is allowed than was spent.
        reserved: what open holds keep of it. spent: what was spent less what was given back.
        floor: how far `available` may fall.
        window_starts_at: of a limit, since when `spent` counts; None = never used.
    """

    available: Decimal = ZERO
    reserved: Decimal = ZERO
    spent: Decimal = ZERO
    floor: Decimal = ZERO
    window_starts_at: datetime | None = field(default=None)

    @property
    def total(self) -> Decimal:
        """All that it was given."""
        return EXACT.add(EXACT.add(self.available, self.reserved), self.spent)


def envelope_figures(
    kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], EnvelopeFigures]:
    """The present figures of envelopes, in one query.

    Args:
        envelopes: (owner id, asset) of each: a period's id and its currency, a limit's id and its currency or COUNT.

    Returns:
        The figures of those that were opened.
    """
    wanted = {
        (owner_id, asset): [envelope_account_id(kind, owner_id, asset, bucket) for bucket in ENVELOPE_BUCKETS]
        for owner_id, asset in envelopes
    }
    accounts, _ = read_accounts({id for ids in wanted.values() for id in ids}) if wanted else ({}, None)
    return {
        key: EnvelopeFigures(
            available=accounts[available].balance,
            reserved=accounts[reserved].balance,
            spent=accounts[spent].balance,
            floor=accounts[available].min_balance or ZERO,
            window_starts_at=accounts[available].window_starts_at,
        )
        for key, (available, reserved, spent) in wanted.items()
        if available in accounts
    }


def spent_of_budget(period_id: str) -> Subquery:
    """For query sets of the floors above: what was spent of a budget's period less what was given back. `period_id` is
    the name of the outer query's field."""
    return _of_budget(period_id, Bucket.SPENT)


def reserved_of_budget(period_id: str) -> Subquery:
    """Likewise what open holds keep of it."""
    return _of_budget(period_id, Bucket.RESERVED)


def _of_budget(period_id: str, bucket: Bucket) -> Subquery:
    account = Account.objects.filter(
        owner_id=OuterRef(period_id),
        owner_type=EnvelopeKind.BUDGET.value,
        book=Book.ALLOWANCE.value,
        bucket=bucket.value,
    )
    return Subquery(account.values("balance")[:1])
