"""The balance after each change, over all wallets, in the order of time (R10, R11).

The time is that of the ids, the moment at which a change was asked for: it is what the table is ordered and cut into
months by (ADR 0003), so any stretch is read by the primary key, and other months are not touched.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ledger.core.accounts import WALLET, Book
from ledger.ids import floor_id
from ledger.models import Posting
from ledger.selectors.balances import wallet_account_ids
from ledger.selectors.scope import Scope, accounts_within


def changes_of_wallets(scope: Scope, *, start: datetime, end: datetime) -> QuerySet[Posting]:
    """The changes of the wallets of a scope that were asked for in [start, end); without order."""
    accounts = accounts_within(scope).filter(owner_type=WALLET, book=Book.MONEY)
    return _asked_for(start, end).filter(account__in=accounts)


def changes_of_wallet(wallet_id: UUID, asset: str, *, start: datetime, end: datetime) -> QuerySet[Posting]:
    """`changes_of_wallets` for one wallet."""
    return _asked_for(start, end).filter(account_id__in=wallet_account_ids(wallet_id, asset).values())


def read_changes(changes: QuerySet[Posting], *, after: UUID | None, is_descending: bool, limit: int) -> list[Posting]:
    """Some of the changes, in the order of their ids.

    Args:
        after: go on after this one; None = from the start.
    """
    if after is not None:
        changes = changes.filter(id__lt=after) if is_descending else changes.filter(id__gt=after)
    return list(changes.select_related("account").order_by("-id" if is_descending else "id")[:limit])


def _asked_for(start: datetime, end: datetime) -> QuerySet[Posting]:
    return Posting.objects.filter(id__gte=floor_id(start), id__lt=floor_id(end))
