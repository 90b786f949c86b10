from __future__ import annotations

from datetime import timedelta

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
    assert purge_log_ins() == {"sessions": 1, "failures": 0}
    purge_log_ins_task()
    assert LoginSession.objects.count() == 1
