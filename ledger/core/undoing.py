"""Deciding refunds and reversals: new documents with opposite postings; nothing posted is ever changed.

A refund gives back some of the amount and never the fee; a reversal gives back everything, once. Both go to the very
accounts that the original moved; what envelopes get back is for `ledger.core.returning` to say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import Book
from ledger.core.commands import Leg, TransactionType, Undo
from ledger.core.decisions import Decision
from ledger.core.documents import first_event, refuse
from ledger.core.events import Event, EventType, Stream, event_after
from ledger.core.legs import leg_gates, postings, require_balanced
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.core.returning import returning_legs
from ledger.core.stages import TransactionState
from ledger.core.state import Accounts, Original, State
from ledger.money import plain

FEE_INCOME = "FEE_INCOME"
"""Owner type of the account that fees go to."""

_UNDOABLE = frozenset(TransactionType) - {TransactionType.REFUND, TransactionType.REVERSAL}


def decide_undo(state: State, command: Undo, now: datetime) -> Decision:
    original = state.originals[command.original_id]
    document = command.document
    is_reversal = document.type is TransactionType.REVERSAL
    if not _may_be_undone(original) or (is_reversal and original.refunded):
        return refuse(command, document, Refusal(RefusalCode.NOT_REVERSIBLE), now, reason=command.reason)
    money = _reversal_legs(state.accounts, original) if is_reversal else _refund_legs(state.accounts, command, original)
    legs = money + returning_legs(state.accounts, command, original)
    require_balanced(state.accounts, legs)
    gates = (_refundable_gate(original, document.amount), *leg_gates(state.accounts, legs))
    code = first_failure(gates)
    if code is not None:
        return refuse(command, document, Refusal(code, gates), now, reason=command.reason)
    # Nothing below may fail.
    event = first_event(EventType.TRANSACTION_COMPLETED, command, document, gates, now, reason=command.reason)
    event = replace(event, postings=postings(state.accounts, event.id, legs))
    return Decision(events=(event, _told_to_original(command, original, event)), gates=gates)


def _may_be_undone(original: Original) -> bool:
    return original.state == TransactionState.COMPLETED and TransactionType(original.type) in _UNDOABLE


def _refundable_gate(original: Original, amount: Decimal) -> Gate:
    refundable = original.amount - original.refunded
    code = None if amount <= refundable else RefusalCode.REFUND_EXCEEDS
    return Gate(GateKind.CONDITION, "refundable", code, amount, refundable)


def _reversal_legs(accounts: Accounts, original: Original) -> tuple[Leg, ...]:
    return tuple(Leg(id, accounts[id].asset, -amount) for id, amount in _net_money(accounts, original))


def _refund_legs(accounts: Accounts, command: Undo, original: Original) -> tuple[Leg, ...]:
    """Whoever paid gets the amount back, whoever got it pays it; fees stay."""
    amount = command.document.amount
    return tuple(
        Leg(id, accounts[id].asset, amount if moved < 0 else -amount)
        for id, moved in _net_money(accounts, original)
        if accounts[id].owner_type != FEE_INCOME
    )


def _net_money(accounts: Accounts, original: Original) -> list[tuple[UUID, Decimal]]:
    return [(id, moved) for id, moved in original.net.items() if accounts[id].book is Book.MONEY]


def _told_to_original(command: Undo, original: Original, undoing: Event) -> Event:
    is_reversal = command.document.type is TransactionType.REVERSAL
    data: dict[str, Any] = {
        "undone_by": str(command.document.id),
        "amount": plain(command.document.amount),
        "refunded_amount": plain(original.refunded + command.document.amount),
        "state": TransactionState.REVERSED.value if is_reversal else original.state,
        "reason": command.reason,
    }
    return Event(
        id=event_after(undoing.id),
        type=EventType.TRANSACTION_REVERSED if is_reversal else EventType.TRANSACTION_REFUNDED,
        stream=Stream.TRANSACTION,
        stream_id=original.id,
        seq=original.seq + 1,
        data=data,
        effective_at=undoing.effective_at,
        recorded_at=undoing.recorded_at,
    )


def evolve_original(original: Original, event: Event) -> Original:
    """A document after it was refunded or reversed."""
    return replace(original, seq=event.seq, state=event.data["state"], refunded=Decimal(event.data["refunded_amount"]))
