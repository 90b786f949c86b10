"""The product's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from time import monotonic

from budgets.services.requests import close_overdue
from ledger.tasks.jobs import job
from wallets.api.statement_files.pack import SUMMARY, draw_for_pack
from wallets.services.approvals import expire_approvals, remind_checkers
from wallets.services.import_requests import close_refused
from wallets.services.imports.stages import drop_drafts, work_on_imports
from wallets.services.incoming import retry_due_events
from wallets.services.notifications.keeping import purge_notifications
from wallets.services.notifications.mailing import send_emails
from wallets.services.notifications.noting import note_notifications
from wallets.services.notifications.security import note_security_changes
from wallets.services.retrying import retry_spends
from wallets.services.statement_packs import make_packs, purge_packs
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


@job("wallets.expire_approvals")
def expire_approvals_task() -> Mapping[str, int]:
    return {"approvals": expire_approvals()}


@job("wallets.remind_checkers")
def remind_checkers_task() -> Mapping[str, int]:
    return {"approvals": remind_checkers()}


@job("wallets.note_notifications")
def note_notifications_task() -> Mapping[str, int]:
    changes = note_security_changes()
    messages, end, is_behind = 0, monotonic() + NOTING_SECONDS, True
    while is_behind and monotonic() < end:
        progress = note_notifications()
        messages, is_behind = messages + progress.handled, progress.is_behind
    return {"messages": messages, "changes_of_access": changes}


@job("wallets.send_emails", time_limit=timedelta(minutes=2))
def send_emails_task() -> Mapping[str, int]:
    return send_emails()


@job("wallets.work_on_imports", time_limit=timedelta(minutes=30))
def work_on_imports_task() -> Mapping[str, int]:
    return {"refused": close_refused(), "imports": work_on_imports()}


@job("wallets.make_statement_packs", time_limit=timedelta(minutes=30))
def make_statement_packs_task() -> Mapping[str, int]:
    return {"packs": make_packs(draw_for_pack, SUMMARY)}


@job("wallets.purge_files")
def purge_files_task() -> Mapping[str, int]:
    return {"packs": purge_packs(), "drafts": drop_drafts()}


@job("wallets.purge_notifications")
def purge_notifications_task() -> Mapping[str, int]:
    purged = 0
    while deleted := purge_notifications():
        purged += deleted
    return {"notifications": purged}
