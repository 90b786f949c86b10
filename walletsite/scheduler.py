"""The regular jobs' scheduler: it starts with all of them, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler


class WholeScheduler(DatabaseScheduler):  # type: ignore[misc]  # the library has no types
    """The library logs a job that it could not write to the database and goes on without it, for ever. A database that
    goes away in the middle of beat's start would so end every job in silence; here it ends beat, and whoever
    supervises it starts it again."""

    def update_from_dict(self, mapping: Mapping[str, Any]) -> None:
        super().update_from_dict(mapping)
        known = set(PeriodicTask.objects.filter(name__in=mapping.keys()).values_list("name", flat=True))
        if missing := sorted(mapping.keys() - known):
            raise RuntimeError(f"These jobs could not be scheduled: {', '.join(missing)}.")
