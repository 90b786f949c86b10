"""Snapshots in tests: taken now, whoever else still runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from ledger.models import Snapshot
from ledger.services.snapshots import snapshot_balances
from tests.ledger.sessions import wait_until


def snapshot_everything() -> datetime:
    """Take a snapshot of what has been posted by now. A transaction anywhere on the server, also of another database,
    holds it back for a while.

    Returns:
        Its instant.
    """
    snapshot_balances()
    marked = Snapshot.objects.latest("at").at

    def is_taken() -> bool:
        snapshot_balances(every=timedelta(days=1))
        return Snapshot.objects.filter(at=marked, taken_at__isnull=False).exists()

    wait_until(is_taken)
    return marked
