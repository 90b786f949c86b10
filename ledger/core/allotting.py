"""Deciding what budgets and limits allow: their envelopes are filled, drained, and moved between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ledger.core.allotments import Allot, AllowanceMove
from ledger.core.commands import Leg
from ledger.core.decisions import Decision
from ledger.core.events import Event, EventType
from ledger.core.legs import merged, postings, require_balanced
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.core.state import Accounts


def decide_allotment(accounts: Accounts, command: Allot, now: datetime) -> Decision:
    """One event in the life of a budget or limit, with the postings of what it changes, if it changes anything."""
    legs = merged(leg for move in command.moves for leg in _legs(move))
    gates = _gates(accounts, command) if command.must_be_left else ()
    code = first_failure(gates)
    if code is not None:
        return Decision(refusal=Refusal(code, gates), gates=gates)
    if legs:
        require_balanced(accounts, legs)
    event = Event(
        id=command.event_id,
        type=EventType.ALLOWANCE_CHANGED,
        stream=command.stream,
        stream_id=command.subject_id,
        seq=command.seq,
        data={"message": command.message, **command.data},
        effective_at=command.effective_at or now,
        recorded_at=now,
    )
    return Decision(events=(replace(event, postings=postings(accounts, event.id, legs)),), gates=gates)


def _legs(move: AllowanceMove) -> tuple[Leg, Leg]:
    return Leg(move.account_id, move.asset, move.amount), Leg(move.source_id, move.asset, -move.amount)


def _gates(accounts: Accounts, command: Allot) -> tuple[Gate, ...]:
    """What is given away has to be left, whatever the rule would let one overspend; one gate per envelope."""
    by_account = {move.account_id: move for move in command.moves}
    changes = merged(Leg(move.account_id, move.asset, move.amount) for move in command.moves)
    return tuple(_gate(accounts, by_account[leg.account_id], -leg.amount) for leg in changes if leg.amount < 0)


def _gate(accounts: Accounts, move: AllowanceMove, required: Decimal) -> Gate:
    available = accounts[move.account_id].balance
    code = None if available >= required else RefusalCode.BUDGET_EXCEEDED
    return Gate(GateKind.BUDGET, move.rule_id, code, required, available, name=move.name)
