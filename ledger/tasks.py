"""The ledger's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from ledger.services.folding import fold_system_accounts
from ledger.services.holds import expire_holds
from ledger.services.partitions import ensure_partitions
from ledger.services.read_models import refresh_read_models
from ledger.services.sealing import seal_events
from ledger.services.snapshots import snapshot_balances


@shared_task(name="ledger.fold_system_accounts")
def fold_system_accounts_task() -> None:
    fold_system_accounts()


@shared_task(name="ledger.expire_holds")
def expire_holds_task() -> None:
    expire_holds()


@shared_task(name="ledger.ensure_partitions")
def ensure_partitions_task() -> None:
    ensure_partitions()


@shared_task(name="ledger.refresh_read_models")
def refresh_read_models_task() -> None:
    refresh_read_models()


@shared_task(name="ledger.seal")
def seal_task() -> None:
    seal_events()


@shared_task(name="ledger.snapshot_balances")
def snapshot_balances_task() -> None:
    """Beat calls every hour: one snapshot a day, and those that had to wait for a transaction to end."""
    snapshot_balances(every=timedelta(days=1))
