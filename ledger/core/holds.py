"""Deciding holds: money is set aside, then captured, released or expired, each hold ending exactly once.

The deadline binds by the clock of the decision, whether or not anybody has recorded that it passed (R165).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.commands import Advance, Capture, Expire, Extend, HoldCommand, Leg, Release, Reserve
from ledger.core.decisions import Decision, as_text, gate_data
from ledger.core.documents import answered, first_event, refuse
from ledger.core.envelopes import allowance_gates, kept_parts, turn
from ledger.core.events import Event, EventType, Stream
from ledger.core.held import document_state, part_data
from ledger.core.legs import RETURNING, SETTLING, leg_gates, merged, postings, require_balanced
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.core.stages import AT_PROVIDER, REPORTED, TransactionState, may_move
from ledger.core.state import Accounts, Hold, HoldStatus, Part, State
from ledger.money import ZERO, plain


def decide_reserve(accounts: Accounts, command: Reserve, now: datetime) -> Decision:
    document, amount = command.document, command.document.amount
    money = _moves(command.parts, amount, _source, _held)
    require_balanced(accounts, merged(money))
    if document.source_wallet_id == document.destination_wallet_id:
        return refuse(command, document, Refusal(RefusalCode.SAME_WALLET), now)
    turned = turn(accounts, command.allowances, command, now)
    gates = (
        *leg_gates(accounts, merged(money)),
        *allowance_gates(turned.accounts, command.allowances, document.asset, amount),
    )
    code = first_failure(gates)
    if code is not None:
        wished = {"expires_in": int(command.expires_in.total_seconds()), "purpose": command.purpose}
        return refuse(command, document, Refusal(code, gates), now, hold=wished, **answered(command))
    # Nothing below may fail.
    expires_at = now + command.expires_in
    parts = command.parts + kept_parts(command.allowances)
    legs = merged(_moves(parts, amount, _source, _held))
    kept = {
        "hold_id": str(command.hold_id),
        "wallet_id": as_text(document.source_wallet_id),
        "expires_at": expires_at.isoformat(),
        "purpose": command.purpose,
        "parts": [part_data(part) for part in parts],
    }
    event = first_event(
        EventType.RESERVATION_CREATED, command, document, gates, now, state="BALANCE_RESERVED", hold=kept
    )
    event = replace(event, postings=postings(turned.accounts, event.id, legs))
    return Decision(events=(*turned.events, event), gates=gates)


def decide_step(state: State, command: HoldCommand, now: datetime) -> Decision:
    """Whatever is done to a hold that exists."""
    match command:
        case Capture():
            return _capture(state, command, now)
        case Release():
            return _release(state, command, now)
        case Expire():
            return _expire(state, command, now)
        case Extend():
            return _extend(state, command, now)
        case Advance():
            return _advance(state, command, now)
    raise AssertionError(command)


def _capture(state: State, command: Capture, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    amount = hold.rest if command.amount is None else command.amount
    if command.destination_wallet_id == hold.wallet_id:
        return _refuse(hold, command, Refusal(RefusalCode.SAME_WALLET), now)
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    parts = (replace(hold.parts[0], target=command.target), *hold.parts[1:])
    returned = max(hold.rest - amount, ZERO) if command.is_final else ZERO
    paid = parts if not hold.captured else _by_amount(parts)
    legs = merged([*_moves(paid, amount, _held, _target), *_moves(_by_amount(parts), returned, _held, _source)])
    gates = (
        _rest_gate(hold, amount),
        _destination_gate(hold, command),
        _stage_gate(hold, hold.stage is not TransactionState.COMPENSATING),
        *leg_gates(state.accounts, legs, SETTLING),
    )
    code = first_failure(gates)
    if code is not None:
        return _refuse(hold, command, Refusal(code, gates), now)
    captured, released = hold.captured + amount, hold.released + returned
    is_over = captured + released == hold.amount
    after = replace(
        hold,
        captured=captured,
        released=released,
        status=HoldStatus.COMPLETED if is_over else HoldStatus.ACTIVE,
        destination_wallet_id=command.destination_wallet_id,
        parts=parts,
    )
    return _step(EventType.RESERVATION_CAPTURED, state, after, command, legs, gates, now, amount=plain(amount))


def _release(state: State, command: Release, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    gate = _stage_gate(hold, hold.stage not in AT_PROVIDER)
    if gate.code is not None:
        return _refuse(hold, command, Refusal(gate.code, (gate,)), now)
    return _give_back(EventType.RESERVATION_RELEASED, HoldStatus.RELEASED, state, command, now, reason=command.reason)


def _expire(state: State, command: Expire, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    if hold.status is not HoldStatus.ACTIVE or now < hold.expires_at:
        return Decision(refusal=Refusal(RefusalCode.HOLD_NOT_OPEN))  # the sweeper came too late, or too early
    decision = _give_back(EventType.RESERVATION_EXPIRED, HoldStatus.EXPIRED, state, command, now)
    return replace(decision, events=()) if decision.refusal else decision  # the sweeper comes again: no history of it


def _extend(state: State, command: Extend, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    after = replace(hold, expires_at=now + command.expires_in)
    return _step(EventType.RESERVATION_EXTENDED, state, after, command, (), (), now)


def _advance(state: State, command: Advance, now: datetime) -> Decision:
    """The next stage on the way to a provider and back; only legal moves (R169)."""
    hold = state.holds[command.hold_id]
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    gate = _stage_gate(hold, command.state in REPORTED and may_move(hold.stage, command.state))
    if gate.code is not None:
        return _refuse(hold, command, Refusal(gate.code, (gate,)), now)
    after = replace(hold, stage=command.state)
    told = {"reason": command.reason, "metadata": command.metadata}
    return _step(EventType.RESERVATION_ADVANCED, state, after, command, (), (gate,), now, **told)


def _give_back(
    type: EventType, status: HoldStatus, state: State, command: HoldCommand, now: datetime, **data: Any
) -> Decision:
    hold = state.holds[command.hold_id]
    parts = hold.parts if not hold.captured else _by_amount(hold.parts)
    legs = merged(_moves(parts, hold.rest, _held, _source))
    gates = leg_gates(state.accounts, legs, RETURNING)
    code = first_failure(gates)
    if code is not None:
        return _refuse(hold, command, Refusal(code, gates), now)
    after = replace(hold, status=status, released=hold.released + hold.rest)
    return _step(type, state, after, command, legs, gates, now, amount=plain(hold.rest), **data)


def _moves(
    parts: tuple[Part, ...], amount: Decimal, source: Callable[[Part], UUID], target: Callable[[Part], UUID]
) -> list[Leg]:
    if not amount:
        return []
    legs = []
    for part in parts:
        taken = part.taken_by(amount)
        legs += [Leg(source(part), part.asset, -taken), Leg(target(part), part.asset, taken)]
    return legs


def _by_amount(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Without the parts that count, once the first capture has taken them."""
    return tuple(part for part in parts if part.units is None)


def _source(part: Part) -> UUID:
    return part.source


def _held(part: Part) -> UUID:
    return part.held


def _target(part: Part) -> UUID:
    assert part.target is not None, "the capture has said where to"
    return part.target


def _closed(hold: Hold, now: datetime) -> RefusalCode | None:
    if hold.status is HoldStatus.EXPIRED or (hold.status is HoldStatus.ACTIVE and now >= hold.expires_at):
        return RefusalCode.HOLD_EXPIRED
    return None if hold.status is HoldStatus.ACTIVE else RefusalCode.HOLD_NOT_OPEN


def _rest_gate(hold: Hold, amount: Decimal) -> Gate:
    code = None if amount <= hold.rest else RefusalCode.CAPTURE_EXCEEDS
    return Gate(GateKind.CONDITION, "rest", code, amount, hold.rest)


def _destination_gate(hold: Hold, command: Capture) -> Gate:
    """Where a hold pays to is said once: when it is made, or with its first capture."""
    is_same = hold.destination_wallet_id == command.destination_wallet_id
    is_open = hold.destination_wallet_id is None and not hold.captured
    return Gate(GateKind.CONDITION, "destination", None if is_same or is_open else RefusalCode.PRECONDITION_FAILED)


def _stage_gate(hold: Hold, is_legal: bool) -> Gate:
    return Gate(GateKind.CONDITION, "state", None if is_legal else RefusalCode.PRECONDITION_FAILED)


def _step(
    type: EventType,
    state: State,
    after: Hold,
    command: HoldCommand,
    legs: tuple[Leg, ...],
    gates: tuple[Gate, ...],
    now: datetime,
    **data: Any,
) -> Decision:
    """One step in the life of a hold, told so that whoever reads it needs no other: the figures are those after it."""
    before, moved_to = state.holds[after.id].stage, document_state(after)
    assert moved_to is before or may_move(before, moved_to), f"{before} never becomes {moved_to}"
    if legs:
        require_balanced(state.accounts, legs)
    told = {
        "hold_id": str(after.id),
        "captured_amount": plain(after.captured),
        "released_amount": plain(after.released),
        "status": after.status.value,
        "expires_at": after.expires_at.isoformat(),
        "destination_wallet_id": as_text(after.destination_wallet_id),
        "target": as_text(after.parts[0].target),
        "state": document_state(after).value,
        "gates": gate_data(gates),
        **data,
    }
    event = _event(type, after, command, told, now)
    return Decision(events=(replace(event, postings=postings(state.accounts, event.id, legs)),), gates=gates)


def _refuse(hold: Hold, command: HoldCommand, refusal: Refusal, now: datetime) -> Decision:
    told = {
        "hold_id": str(hold.id),
        "wanted": type(command).__name__.upper(),
        "code": refusal.code.value,
        "gates": gate_data(refusal.gates),
    }
    event = _event(EventType.RESERVATION_REFUSED, hold, command, told, now)
    return Decision(events=(event,), refusal=refusal, gates=refusal.gates)


def _event(type: EventType, hold: Hold, command: HoldCommand, data: dict[str, Any], now: datetime) -> Event:
    return Event(
        id=command.event_id,
        type=type,
        stream=Stream.TRANSACTION,
        stream_id=hold.transaction_id,
        seq=hold.seq + 1,
        data=data,
        effective_at=command.effective_at or now,
        recorded_at=now,
    )
