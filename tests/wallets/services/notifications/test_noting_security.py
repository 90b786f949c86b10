"""Whose second factor is set up, changed or reset hears of it, once and always."""

from __future__ import annotations

import pytest
from django.test import Client

from compliance.core.origin import Origin
from compliance.selectors.security import TOLD_OF
from compliance.services.audit import record_change
from compliance.services.second_factors import clear_factor, renew_recovery_codes
from tests.compliance.desk import give_app, take_seat
from tests.compliance.factories import Cast, make_cast
from tests.wallets.notices import titles
from wallets.core.notification_texts import _SECURITY
from wallets.models import Notification, NotificationPreference
from wallets.services.notifications.security import note_security_changes
from wallets.tasks import note_notifications_task


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def test_each_change_is_told_to_whose_it_is_and_once(cast: Cast) -> None:
    give_app(cast.bob)
    assert note_security_changes() == 1
    clear_factor(user_id=cast.bob.id, reason="Phone lost.", origin=Origin(cast.conny.id, "COMPLIANCE"))
    assert note_security_changes() == 1
    assert note_security_changes() == 0
    note_notifications_task()
    assert titles(cast.bob) == ["Your second factor is set up", "Your second factor was reset"]
    assert not Notification.objects.exclude(user=cast.bob).exists()
    row = Notification.objects.filter(user=cast.bob).latest("created_at")
    assert (row.in_app, row.email_status, row.facts) == (True, "PENDING", {"change": "second_factor_reset"})
    assert "Phone lost" not in str(row.facts)


def test_a_wish_for_no_e_mail_does_not_count(cast: Cast) -> None:
    """Or a thief would wish that first."""
    NotificationPreference.objects.create(user=cast.bob, kind="SECURITY_CHANGED", in_app=True, email=False)
    give_app(cast.bob)
    note_security_changes()
    assert Notification.objects.get(user=cast.bob).email_status == "PENDING"


def test_every_kind_of_change_has_words(cast: Cast) -> None:
    for event_type in TOLD_OF:
        record_change(origin=Origin(), entity=cast.bob, event_type=event_type)
    assert note_security_changes() == len(TOLD_OF)
    assert sorted(titles(cast.bob)) == sorted(_SECURITY.values())


def test_what_happens_by_the_services_is_what_is_looked_for(cast: Cast) -> None:
    give_app(cast.bob)
    session = take_seat(Client(), cast.bob)
    renew_recovery_codes(session=session, origin=Origin(cast.bob.id, "MANAGER"))
    note_security_changes()
    assert titles(cast.bob) == ["Your second factor is set up", "You have new recovery codes"]


def test_other_changes_are_not_told(cast: Cast) -> None:
    record_change(origin=Origin(), entity=cast.bob, event_type="user.changed")
    assert note_security_changes() == 0
