"""Notifications: what somebody's inbox shows, what it says, and how he wants to be told."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import User
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.core.notification_kinds import Kind, Ways, default_ways
from wallets.core.notification_texts import Text, text_of
from wallets.models import Notification, NotificationPreference

MOST_COUNTED = 100


def inbox_of(user: User) -> QuerySet[Notification]:
    """Somebody's own notifications, as far as his inbox shows them. Nobody sees another's, whatever his role."""
    return Notification.objects.filter(user_id=user.id, in_app=True)


def unread_of(user: User) -> QuerySet[Notification]:
    """Those that he has not read."""
    return inbox_of(user).filter(read_at__isnull=True)


def count_unread(user: User) -> int:
    """How many those are, at most `MOST_COUNTED`."""
    return unread_of(user)[:MOST_COUNTED].count()


def words_of(notification: Notification) -> Text:
    """What a notification says."""
    return text_of(Kind(notification.kind), notification.facts, _money)


def _money(amount: Decimal, asset: str) -> str:
    return format_amount(amount, get_asset(asset).cash_scale)


def ways_of(user_ids: Iterable[UUID]) -> dict[tuple[UUID, Kind], Ways]:
    """How these people want to be told, as far as they have said it."""
    rows = NotificationPreference.objects.filter(user_id__in=set(user_ids))
    return {(row.user_id, Kind(row.kind)): Ways(row.in_app, row.email) for row in rows}


def all_ways_of(user: User) -> dict[Kind, Ways]:
    """How somebody is told of each kind, by his own wish or by default."""
    wished = ways_of([user.id])
    return {kind: wished.get((user.id, kind), default_ways(kind)) for kind in Kind}
