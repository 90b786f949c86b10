from __future__ import annotations

from celery import shared_task

from compliance.services.retention import purge_log_ins


@shared_task(name="compliance.purge_log_ins")
def purge_log_ins_task() -> None:
    purge_log_ins()
