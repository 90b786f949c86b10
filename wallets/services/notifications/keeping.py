"""What people do with their notifications, and forgetting old ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import User
from compliance.services.audit import record_change
from ledger.errors import InvalidInput
from ledger.selectors.clock import DatabaseClock
from wallets.core.notification_kinds import ALWAYS_IN_APP, Kind, Ways, default_ways
from wallets.models import Notification, NotificationPreference
from wallets.selectors.notifications import all_ways_of, unread_of

RETENTION = timedelta(days=90)
_BATCH = 5_000


def mark_read(*, user: User, ids: Collection[UUID] | None) -> int:
    """Mark somebody's own notifications as read. What is not his, or read already, stays as it is.

    Args:
        ids: of them; None = all that he has now.

    Returns:
        How many were unread.
    """
    unread = unread_of(user)
    return (unread if ids is None else unread.filter(id__in=list(ids))).update(read_at=DatabaseClock())


def set_preferences(*, user: User, wishes: Mapping[Kind, Ways], origin: Origin) -> dict[Kind, Ways]:
    """Say how somebody wants to be told; of two who say it at once, the later one counts.

    Args:
        wishes: a kind that is not in it is told by its default ways.

    Returns:
        The ways of every kind.

    Raises:
        InvalidInput: the inbox cannot be switched off for one of them.
    """
    fixed = sorted(kind for kind in wishes if kind in ALWAYS_IN_APP and not wishes[kind].in_app)
    if fixed:
        raise InvalidInput(f"The inbox always tells of {', '.join(fixed)}.", pointer="/preferences")
    wanted = {kind: wishes.get(kind, default_ways(kind)) for kind in Kind}
    with atomic():
        before = all_ways_of(user)
        changed = [kind for kind in Kind if before[kind] != wanted[kind]]
        if changed:
            _write(user, wanted)
            record_change(
                origin=origin,
                entity=user,
                event_type="notification_preferences.changed",
                before={kind.value: _as_json(before[kind]) for kind in changed},
                after={kind.value: _as_json(wanted[kind]) for kind in changed},
            )
    return wanted


def _write(user: User, wanted: Mapping[Kind, Ways]) -> None:
    """All kinds, always in the same order: two of these at once wait for each other and never in a circle."""
    NotificationPreference.objects.bulk_create(
        [
            NotificationPreference(
                user=user, kind=kind, in_app=wanted[kind].in_app, email=wanted[kind].email, updated_at=Now()
            )
            for kind in Kind
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["in_app", "email", "updated_at"],
    )


def _as_json(ways: Ways) -> dict[str, bool]:
    return {"in_app": ways.in_app, "email": ways.email}


def purge_notifications() -> int:
    """Delete notifications older than `RETENTION`, read or not. Safe to repeat.

    Returns:
        How many; at most `_BATCH` a call, the oldest first.
    """
    old = Notification.objects.filter(created_at__lt=Now() - RETENTION).order_by("created_at")
    ids = list(old.values_list("id", flat=True)[:_BATCH])
    deleted, _ = Notification.objects.filter(id__in=ids).delete()
    return deleted
