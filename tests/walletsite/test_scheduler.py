"""Beat starts with every job or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from walletsite.celery import app
from walletsite.scheduler import WholeScheduler


@pytest.fixture(autouse=True)
def _leave_no_tasks(committed_db: None) -> Iterator[None]:
    """Committed: the scheduler closes the connection on its way."""
    before = set(PeriodicTask.objects.values_list("id", flat=True))
    yield
    PeriodicTask.objects.exclude(id__in=before).delete()


def test_it_starts_with_every_job() -> None:
    WholeScheduler(app=app)
    assert set(app.conf.beat_schedule) <= set(PeriodicTask.objects.values_list("name", flat=True))


def test_a_job_that_cannot_be_written_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = WholeScheduler(app=app)

    def cut_off(*args: Any, **fields: Any) -> Any:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(ModelEntry, "from_entry", cut_off)
    with pytest.raises(RuntimeError, match="look at the moon"):
        scheduler.update_from_dict({"look at the moon": {"task": "moon.look", "schedule": timedelta(days=1)}})
