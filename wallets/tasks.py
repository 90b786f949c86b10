"""The product's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from celery import shared_task

from wallets.services.webhooks.deliveries import purge_webhooks


@shared_task(name="wallets.purge_webhooks")
def purge_webhooks_task() -> None:
    while purge_webhooks():
        pass
