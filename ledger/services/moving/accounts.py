"""Accounts, made again from the events that the ledger consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.events import EventType
from ledger.core.machine import evolve_accounts
from ledger.models import Account as AccountRow
from ledger.models import Event
from ledger.selectors.event_store import CHUNK, all_events
from ledger.selectors.events import core_event

FIGURES = sorted(
    {field.name for field in fields(Account)} - {"id", "owner_type", "owner_id", "book", "asset", "bucket"}
)
"""What an account holds, besides what it is."""


def open_accounts() -> None:
    """Write the row of every account that the stored events opened, without figures: postings refer to it."""
    openings = Event.objects.filter(type=EventType.ACCOUNTS_OPENED).order_by("id").iterator(CHUNK)
    opened = (
        _row(account, event.recorded_at, event.recorded_at)
        for event in openings
        for account in evolve_accounts({}, core_event(event, [])).values()
    )
    for rows in _chunks(opened):
        AccountRow.objects.bulk_create(rows)


def fold_accounts(horizon: int, progress: Callable[[int], None]) -> int:
    """Fold all stored events and write the figures that come of them.

    Args:
        horizon: all stored events are of database transactions before this one, and no other such transaction
            will write any: where the checkpoints of system accounts reach to (ADR 0011).
        progress: called with the number of events folded.

    Returns:
        How many accounts there are.
    """
    accounts: dict[UUID, Account] = {}
    touched: dict[UUID, datetime] = {}
    done = 0
    for done, event in enumerate(all_events(), start=1):
        changed = evolve_accounts(accounts, event)
        accounts.update(changed)
        for id in changed:
            touched[id] = max(touched.get(id, event.recorded_at), event.recorded_at)
        if done % CHUNK == 0:
            progress(done)
    progress(done)
    for rows in _chunks(_row(account, touched[id], touched[id], horizon) for id, account in accounts.items()):
        AccountRow.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=[*FIGURES, "folded_xid", "updated_at"]
        )
    return len(accounts)


def _row(account: Account, opened_at: datetime, updated_at: datetime, horizon: int = 0) -> AccountRow:
    values: dict[str, Any] = {field.name: getattr(account, field.name) for field in fields(Account)}
    asset = values.pop("asset")
    folded_xid = horizon if account.is_system else None
    return AccountRow(**values, asset_id=asset, folded_xid=folded_xid, opened_at=opened_at, updated_at=updated_at)


def _chunks(rows: Iterable[AccountRow]) -> Iterator[list[AccountRow]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
