"""The events in the life of a document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.core.commands import Command, Document, Reserve, Transfer
from ledger.core.decisions import Decision, as_text, gate_data
from ledger.core.events import Event, EventType, Stream
from ledger.core.refusals import Gate, Refusal
from ledger.money import plain


def first_event(
    type: EventType,
    command: Command,
    document: Document,
    gates: tuple[Gate, ...],
    now: datetime,
    **data: Any,
) -> Event:
    """The event that begins a document's history: it says all that the document says, and why it was decided so.

    Args:
        gates: every gate with its figures of that moment.
        **data: what this type of event tells besides.
    """
    told: dict[str, Any] = {
        "type": document.type.value,
        "asset": document.asset,
        "amount": plain(document.amount),
        "fee_amount": plain(document.fee_amount),
        "source_wallet_id": as_text(document.source_wallet_id),
        "destination_wallet_id": as_text(document.destination_wallet_id),
        "reference_type": document.reference_type,
        "reference_id": document.reference_id,
        "gates": gate_data(gates),
        **data,
    }
    if document.original_id is not None:
        told["original_transaction_id"] = str(document.original_id)
    if command.effective_reason:
        told["effective_reason"] = command.effective_reason
    return Event(
        id=command.event_id,
        type=type,
        stream=Stream.TRANSACTION,
        stream_id=document.id,
        seq=1,
        data=told,
        effective_at=command.effective_at or now,
        recorded_at=now,
    )


def answered(command: Transfer | Reserve) -> dict[str, Any]:
    """What the event of a refusal repeats for the service that told of the booking."""
    return {} if command.answers is None else {"answers": command.answers}


def refuse(command: Command, document: Document, refusal: Refusal, now: datetime, **data: Any) -> Decision:
    """A no that leaves a failed document behind."""
    event = first_event(
        EventType.TRANSACTION_FAILED, command, document, refusal.gates, now, code=refusal.code.value, **data
    )
    return Decision(events=(event,), refusal=refusal, gates=refusal.gates)
