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

from ledger.core.commands import Capture, Expire, Extend, HoldCommand, Leg, Release, Reserve
from ledger.core.decisions import Decision, as_text, gate_data
from ledger.core.documents import first_event, refuse
from ledger.core.events import Event, EventType, Stream
from ledger.core.legs import RETURNING, SETTLING, leg_gates, merged, postings, require_balanced
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.core.state import Accounts, Hold, HoldStatus, Part, State
from ledger.money import ZERO, plain


def decide_reserve(accounts: Accounts, command: Reserve, now: datetime) -> Decision:
    document, amount = command.document, command.document.amount
    legs = merged(_moves(command.parts, amount, lambda part: part.source, lambda part: part.held))
    require_balanced(accounts, legs)
    if document.source_wallet_id == document.destination_wallet_id:
        return refuse(command, document, Refusal(RefusalCode.SAME_WALLET), now)
    gates = leg_gates(accounts, legs)
    code = first_failure(gates)
    if code is not None:
        return refuse(command, document, Refusal(code, gates), now)
    # Nothing below may fail.
    expires_at = now + command.expires_in
    kept = {
        "hold_id": str(command.hold_id),
        "wallet_id": as_text(document.source_wallet_id),
        "expires_at": expires_at.isoformat(),
        "purpose": command.purpose,
        "parts": [part_data(part) for part in command.parts],
    }
    event = first_event(
        EventType.RESERVATION_CREATED, command, document, gates, now, state="BALANCE_RESERVED", hold=kept
    )
    return Decision(events=(replace(event, postings=postings(accounts, event.id, legs)),), gates=gates)


def decide_capture(state: State, command: Capture, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    amount = hold.rest if command.amount is None else command.amount
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    if command.destination_wallet_id == hold.wallet_id:
        return _refuse(hold, command, Refusal(RefusalCode.SAME_WALLET), now)
    gates: tuple[Gate, ...] = (_rest_gate(hold, amount), _destination_gate(hold, command))
    code = first_failure(gates)
    if code is not None:
        return _refuse(hold, command, Refusal(code, gates), now)
    parts = (replace(hold.parts[0], target=command.target), *hold.parts[1:])
    returned = hold.rest - amount if command.is_final else ZERO
    legs = merged(
        [
            *_moves(parts, amount, lambda part: part.held, _target),
            *_moves(parts, returned, lambda part: part.held, lambda part: part.source),
        ]
    )
    gates += leg_gates(state.accounts, legs, SETTLING)
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


def decide_release(state: State, command: Release, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    return _give_back(EventType.RESERVATION_RELEASED, HoldStatus.RELEASED, state, command, now, reason=command.reason)


def decide_expiry(state: State, command: Expire, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    if hold.status is not HoldStatus.ACTIVE or now < hold.expires_at:
        return Decision(refusal=Refusal(RefusalCode.HOLD_NOT_OPEN))  # the sweeper came too late, or too early
    return _give_back(EventType.RESERVATION_EXPIRED, HoldStatus.EXPIRED, state, command, now)


def decide_extension(state: State, command: Extend, now: datetime) -> Decision:
    hold = state.holds[command.hold_id]
    code = _closed(hold, now)
    if code is not None:
        return _refuse(hold, command, Refusal(code), now)
    after = replace(hold, expires_at=now + command.expires_in)
    return _step(EventType.RESERVATION_EXTENDED, state, after, command, (), (), now)


def _give_back(
    type: EventType, status: HoldStatus, state: State, command: HoldCommand, now: datetime, **data: Any
) -> Decision:
    hold = state.holds[command.hold_id]
    legs = merged(_moves(hold.parts, hold.rest, lambda part: part.held, lambda part: part.source))
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
        legs += [Leg(source(part), part.asset, -amount), Leg(target(part), part.asset, amount)]
    return legs


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
        "state": document_state(after),
        "gates": gate_data(gates),
        **data,
    }
    event = _event(type, after, command, told, now)
    return Decision(events=(replace(event, postings=postings(state.accounts, event.id, legs)),), gates=gates)


def document_state(hold: Hold) -> str:
    """The state of a hold's document: completed if anything was paid, cancelled if nothing was."""
    if hold.status is HoldStatus.ACTIVE:
        return "BALANCE_RESERVED"
    return "COMPLETED" if hold.captured else "CANCELLED"


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


def part_data(part: Part) -> dict[str, str | None]:
    return {
        "source": str(part.source),
        "held": str(part.held),
        "target": as_text(part.target),
        "asset": part.asset,
    }


def part_from_data(data: dict[str, Any]) -> Part:
    target = data["target"]
    return Part(UUID(data["source"]), UUID(data["held"]), UUID(target) if target else None, data["asset"])


def evolve_hold(hold: Hold | None, event: Event) -> Hold:
    """The hold after a step of its life; the first one makes it."""
    data = event.data
    if event.type is EventType.RESERVATION_CREATED:
        return _opened(event)
    assert hold is not None, "a hold begins with ReservationCreated"
    if event.type is EventType.RESERVATION_REFUSED:
        return replace(hold, seq=event.seq)
    destination, target = data["destination_wallet_id"], data["target"]
    money = replace(hold.parts[0], target=UUID(target) if target else None)
    return replace(
        hold,
        seq=event.seq,
        captured=Decimal(data["captured_amount"]),
        released=Decimal(data["released_amount"]),
        status=HoldStatus(data["status"]),
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
