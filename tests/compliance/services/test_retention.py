from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from compliance.models import LoginSession, User
from compliance.services.retention import purge_log_ins
from compliance.tasks import purge_log_ins_task
from tests.compliance.clients import tokens_of


def test_log_ins_are_deleted_thirty_days_after_they_ended(alice: User) -> None:
    for days in (29, 31):
        tokens_of(alice)
        end = timezone.now() - timedelta(days=days)
        newest = LoginSession.objects.order_by("-id")[:1]
        LoginSession.objects.filter(id__in=newest).update(created_at=end - timedelta(days=14), expires_at=end)
    assert purge_log_ins() == {"sessions": 1, "desk_sessions": 0, "failures": 0}
    purge_log_ins_task()
    assert LoginSession.objects.count() == 1


def test_sessions_of_the_back_office_are_deleted_when_they_are_over(alice: User) -> None:
    for name, hours in (("over", -1), ("open", 1)):
        expires_at = timezone.now() + timedelta(hours=hours)
        Session.objects.create(session_key=name, session_data="", expire_date=expires_at)
    assert purge_log_ins()["desk_sessions"] == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
