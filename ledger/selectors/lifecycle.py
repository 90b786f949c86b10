"""What has become of a wallet's accounts: opened, suspended, frozen, reopened, closed (R50, R170)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.core.accounts import WALLET, AccountStatus, Bucket, account_id
from ledger.core.events import EventType, Stream
from ledger.models import Event

MOST = 100


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step, and who took it why. Ids only: the ledger knows no names."""

    event_id: UUID
    status: str
    reason: str
    actor_type: str
    actor_id: UUID | None
    recorded_at: datetime


def status_history(wallet_id: UUID, asset: str) -> list[StatusChange]:
    """The steps of a wallet, newest first, at most the last hundred."""
    headline = account_id(WALLET, wallet_id, asset, Bucket.AVAILABLE)
    events = Event.objects.filter(stream=Stream.ACCOUNTS, stream_id=headline).order_by("-seq")[:MOST]
    return [_change(event) for event in events]


def _change(event: Event) -> StatusChange:
    is_opening, facts = event.type == EventType.ACCOUNTS_OPENED, event.facts
    return StatusChange(
        event_id=event.id,
        status=AccountStatus.ACTIVE if is_opening else facts["status"],
        reason="Opened." if is_opening else facts["reason"],
        actor_type=event.actor_type,
        actor_id=event.actor_id,
        recorded_at=event.recorded_at,
    )
