"""The balance after each change, over all wallets, in the order of time (R10, R11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from ledger.core.accounts import WALLET, Book
from ledger.ids import floor_id
from ledger.models import Posting
from ledger.selectors.balances import wallet_account_ids
from ledger.selectors.scope import Scope, accounts_within

_ID_LAG, _ID_LEAD = timedelta(days=7), timedelta(days=1)
"""How much older, and how much younger, an id may look than its row: application servers make ids, by their clocks."""


def changes_of_wallets(scope: Scope, *, start: datetime, end: datetime) -> QuerySet[Posting]:
    """What was recorded in [start, end) on the wallets of a scope; without order."""
    accounts = accounts_within(scope).filter(owner_type=WALLET, book=Book.MONEY)
    return _recorded(start, end).filter(account__in=accounts)


def changes_of_wallet(wallet_id: UUID, asset: str, *, start: datetime, end: datetime) -> QuerySet[Posting]:
    """`changes_of_wallets` for one wallet."""
    return _recorded(start, end).filter(account_id__in=wallet_account_ids(wallet_id, asset).values())


def read_changes(changes: QuerySet[Posting], *, after: UUID | None, is_descending: bool, limit: int) -> list[Posting]:
    """Some of the changes by id, which sorts by time and is what months are cut by (ADR 0003).

    Args:
        after: go on after this one; None = from the start.
    """
    if after is not None:
        changes = changes.filter(id__lt=after) if is_descending else changes.filter(id__gt=after)
    return list(changes.select_related("account").order_by("-id" if is_descending else "id")[:limit])


def _recorded(start: datetime, end: datetime) -> QuerySet[Posting]:
    # By id as well: the planner prunes months by the primary key.
    return Posting.objects.filter(
        recorded_at__gte=start,
        recorded_at__lt=end,
        id__gte=floor_id(start - _ID_LAG),
        id__lt=floor_id(end + _ID_LEAD),
    )
