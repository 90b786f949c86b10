"""The product's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from celery import shared_task

from wallets.services.incoming import retry_due_events


@shared_task(name="wallets.retry_due_events")
def retry_due_events_task() -> None:
    retry_due_events()
