"""The product's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from time import monotonic

from budgets.services.requests import close_overdue
from ledger.tasks.jobs import job
from wallets.services.incoming import retry_due_events
from wallets.services.notifications.keeping import purge_notifications
from wallets.services.notifications.mailing import send_emails
from wallets.services.notifications.noting import note_notifications
from wallets.services.retrying import retry_spends
from wallets.services.webhooks.deliveries import purge_webhooks

NOTING_SECONDS = 60
"""After which a run leaves the rest to the next one."""


@job("wallets.retry_due_events")
def retry_due_events_task() -> Mapping[str, int]:
    return {"events": retry_due_events()}


@job("wallets.purge_webhooks")
def purge_webhooks_task() -> Mapping[str, int]:
    purged = 0
    while deleted := purge_webhooks():
        purged += deleted
    return {"deliveries": purged}


@job("wallets.retry_parked_spends")
def retry_parked_spends_task() -> Mapping[str, int]:
    return {"spends": retry_spends(), "requests": close_overdue()}


@job("wallets.note_notifications")
def note_notifications_task() -> Mapping[str, int]:
    messages, end, is_behind = 0, monotonic() + NOTING_SECONDS, True
    while is_behind and monotonic() < end:
        progress = note_notifications()
        messages, is_behind = messages + progress.handled, progress.is_behind
    return {"messages": messages}


@job("wallets.send_emails", time_limit=timedelta(minutes=2))
def send_emails_task() -> Mapping[str, int]:
    return send_emails()


@job("wallets.purge_notifications")
def purge_notifications_task() -> Mapping[str, int]:
    purged = 0
    while deleted := purge_notifications():
        purged += deleted
    return {"notifications": purged}
