"""A hold as the events of its document tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.decisions import as_text
from ledger.core.events import Event, EventType
from ledger.core.stages import TransactionState
from ledger.core.state import Hold, HoldStatus, Part


def document_state(hold: Hold) -> TransactionState:
    """The state of a hold's document. Ended, it is completed if anything was paid; if nothing was, it is cancelled,
    or failed if a provider had it already."""
    if hold.status is HoldStatus.ACTIVE:
        return hold.stage
    if hold.captured:
        return TransactionState.COMPLETED
    is_ours = hold.stage is TransactionState.BALANCE_RESERVED
    return TransactionState.CANCELLED if is_ours else TransactionState.FAILED


def part_data(part: Part) -> dict[str, str | None]:
    data = {
        "source": str(part.source),
        "held": str(part.held),
        "target": as_text(part.target),
        "asset": part.asset,
    }
    return data if part.units is None else data | {"units": as_text(part.units)}


def part_from_data(data: dict[str, Any]) -> Part:
    target, units = data["target"], data.get("units")
    return Part(
        source=UUID(data["source"]),
        held=UUID(data["held"]),
        target=UUID(target) if target else None,
        asset=data["asset"],
        units=None if units is None else Decimal(units),
    )


def evolve_hold(hold: Hold | None, event: Event) -> Hold:
    """The hold after a step of its life; the first one makes it."""
    data = event.data
    if event.type is EventType.RESERVATION_CREATED:
        return _opened(event)
    assert hold is not None, "a hold begins with ReservationCreated"
    if event.type is EventType.RESERVATION_REFUSED:
        return replace(hold, seq=event.seq)
    destination, target = data["destination_wallet_id"], data["target"]
    status = HoldStatus(data["status"])
    money = replace(hold.parts[0], target=UUID(target) if target else None)
    return replace(
        hold,
        seq=event.seq,
        captured=Decimal(data["captured_amount"]),
        released=Decimal(data["released_amount"]),
        status=status,
        stage=TransactionState(data["state"]) if status is HoldStatus.ACTIVE else TransactionState.BALANCE_RESERVED,
        expires_at=datetime.fromisoformat(data["expires_at"]),
        destination_wallet_id=UUID(destination) if destination else None,
        parts=(money, *hold.parts[1:]),
    )


def _opened(event: Event) -> Hold:
    data, kept = event.data, event.data["hold"]
    destination = data["destination_wallet_id"]
    return Hold(
        id=UUID(kept["hold_id"]),
        transaction_id=event.stream_id,
        seq=event.seq,
        wallet_id=UUID(kept["wallet_id"]),
        destination_wallet_id=UUID(destination) if destination else None,
        asset=data["asset"],
        amount=Decimal(data["amount"]),
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        purpose=kept["purpose"],
        reference_type=data["reference_type"],
        reference_id=data["reference_id"],
        parts=tuple(part_from_data(part) for part in kept["parts"]),
    )
