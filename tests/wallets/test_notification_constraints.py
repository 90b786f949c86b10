"""What a notification or a preference alone can violate is refused by the database, by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.compliance.test_constraints import breaks
from tests.wallets.notices import frozen, received
from tests.wallets.scene import Scene
from wallets.models import Notification, NotificationPreference
from wallets.services.notifications.noting import note

NOW = timezone.now()
RULES: list[tuple[str, dict[str, Any]]] = [
    ("notification_kind", {"kind": "GOSSIP"}),
    ("notification_goes_somewhere", {"in_app": False, "email_status": "NONE", "email_next_attempt_at": None}),
    ("notification_email_status", {"email_status": "LOST"}),
    ("notification_email_times", {"email_next_attempt_at": None}),
    ("notification_email_times", {"email_finished_at": NOW}),
    ("notification_email_times", {"email_status": "SENT"}),
    ("notification_email_times", {"email_status": "SENT", "email_next_attempt_at": None}),
    ("notification_email_times", {"email_status": "NONE"}),
]


@pytest.mark.parametrize(("rule", "changes"), RULES)
def test_notifications(scene: Scene, rule: str, changes: dict[str, Any]) -> None:
    note([frozen(scene.alices)])
    rows = Notification.objects.filter(user=scene.cast.alice)
    breaks(rule, lambda: rows.update(**changes))


def test_a_cause_is_kept_once_per_person(scene: Scene) -> None:
    note([frozen(scene.alices), received(scene.alices)])
    first, _ = Notification.objects.filter(user=scene.cast.alice).order_by("id")
    breaks("notification_once", lambda: Notification.objects.filter(user=scene.cast.alice).update(cause=first.cause))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("notification_preference_kind", {"kind": "GOSSIP"}),
        ("notification_preference_fixed", {"kind": "WALLET_FROZEN", "in_app": False}),
        ("notification_preference_once", {}),
    ],
)
def test_preferences(scene: Scene, rule: str, changes: dict[str, Any]) -> None:
    wish = {"user": scene.cast.alice, "kind": "MONEY_RECEIVED", "in_app": True, "email": True}
    NotificationPreference.objects.create(**wish)
    breaks(rule, lambda: NotificationPreference.objects.create(**{**wish, **changes}))
