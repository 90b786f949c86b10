"""The product's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.tasks.jobs import job
from wallets.services.incoming import retry_due_events
from wallets.services.webhooks.deliveries import purge_webhooks


@job("wallets.retry_due_events")
def retry_due_events_task() -> Mapping[str, int]:
    return {"events": retry_due_events()}


@job("wallets.purge_webhooks")
def purge_webhooks_task() -> Mapping[str, int]:
    purged = 0
    while deleted := purge_webhooks():
        purged += deleted
    return {"deliveries": purged}
