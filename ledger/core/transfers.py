"""Deciding movements of money: every gate is evaluated, then nothing may fail any more."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus, Book
from ledger.core.commands import Leg, Transfer
from ledger.core.decisions import Accounts, Decision, as_text
from ledger.core.events import Event, EventType, Posting, Stream, posting_id
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.money import LIMIT, plain


def decide_transfer(accounts: Accounts, command: Transfer, now: datetime) -> Decision:
    _require_balanced(accounts, command.legs)
    document = command.document
    if document.source_wallet_id is not None and document.source_wallet_id == document.destination_wallet_id:
        return _refuse_transfer(command, Refusal(RefusalCode.SAME_WALLET), now)
    gates = _transfer_gates(accounts, command)
    code = first_failure(gates)
    if code is not None:
        return _refuse_transfer(command, Refusal(code, gates), now)
    # Nothing below may fail.
    event = _transaction_event(EventType.TRANSACTION_COMPLETED, command, gates, now)
    postings = tuple(
        _posting(accounts[leg.account_id], leg, posting_id(event.id, line))
        for line, leg in enumerate(command.legs, start=1)
    )
    return Decision(events=(replace(event, postings=postings),), gates=gates)


def _require_balanced(accounts: Accounts, legs: tuple[Leg, ...]) -> None:
    """A command whose legs do not add up to zero, or that names an account twice, is a bug of the edge."""
    sums: defaultdict[tuple[Book, str], Decimal] = defaultdict(Decimal)
    for leg in legs:
        assert leg.amount, "a leg moves something"
        sums[accounts[leg.account_id].book, leg.asset] += leg.amount
    assert len(legs) >= 2, "a transfer has at least two legs"
    assert not any(sums.values()), f"legs do not add up to zero: {dict(sums)}"
    same_wallet = len({leg.account_id for leg in legs}) < len(legs)
    assert not same_wallet or len(legs) == 2, "one leg per account"


def _transfer_gates(accounts: Accounts, command: Transfer) -> tuple[Gate, ...]:
    gates: list[Gate] = []
    for leg in command.legs:
        account = accounts[leg.account_id]
        gates.append(_status_gate(account, leg))
        gates.append(_currency_gate(account, leg))
        if account.asset != leg.asset:
            continue  # figures of another asset say nothing about this leg
        if leg.amount < 0 and account.min_balance is not None:
            gates.append(_funds_gate(account, leg, account.min_balance))
        if leg.amount > 0 and not account.is_system:
            gates.append(_maximum_gate(account, leg))
    gates += _condition_gates(accounts, command)
    return tuple(gates)


_DEBIT_REFUSALS = {
    AccountStatus.SUSPENDED: RefusalCode.SUSPENDED,
    AccountStatus.FROZEN: RefusalCode.FROZEN,
    AccountStatus.CLOSED: RefusalCode.CLOSED,
}
_CREDIT_REFUSALS = {
    AccountStatus.FROZEN: RefusalCode.FROZEN,
    AccountStatus.CLOSED: RefusalCode.CLOSED,
}


def _status_gate(account: Account, leg: Leg) -> Gate:
    refusals = _DEBIT_REFUSALS if leg.amount < 0 else _CREDIT_REFUSALS
    return Gate(GateKind.WALLET, account.owner_id, refusals.get(account.status))


def _currency_gate(account: Account, leg: Leg) -> Gate:
    code = None if account.asset == leg.asset else RefusalCode.CURRENCY_MISMATCH
    return Gate(GateKind.CURRENCY, account.owner_id, code)


def _funds_gate(account: Account, leg: Leg, floor: Decimal) -> Gate:
    required, available = -leg.amount, account.balance - floor
    code = None if available >= required else RefusalCode.FUNDS_INSUFFICIENT
    return Gate(GateKind.FUNDS, account.owner_id, code, required, available)


def _maximum_gate(account: Account, leg: Leg) -> Gate:
    """No balance may outgrow its column. The figures stay unsaid: they are the receiver's, not the sender's."""
    code = None if account.balance + leg.amount < LIMIT else RefusalCode.LIMIT_EXCEEDED
    return Gate(GateKind.LIMIT, "account.maximum", code)


def _condition_gates(accounts: Accounts, command: Transfer) -> list[Gate]:
    wished = command.conditions
    if wished is None:
        return []
    account, gates = accounts[wished.account_id], []
    if wished.available_gte is not None:
        code = None if account.balance >= wished.available_gte else RefusalCode.PRECONDITION_FAILED
        gates.append(Gate(GateKind.CONDITION, "available_gte", code, wished.available_gte, account.balance))
    if wished.version is not None:
        code = None if account.version == wished.version else RefusalCode.PRECONDITION_FAILED
        figures = Decimal(wished.version), Decimal(account.version)
        gates.append(Gate(GateKind.CONDITION, "version", code, *figures))
    return gates


def _posting(account: Account, leg: Leg, id: UUID) -> Posting:
    if account.is_system:
        return Posting(id, account.id, leg.amount, None, None)
    return Posting(id, account.id, leg.amount, account.seq + 1, account.balance + leg.amount)


def _refuse_transfer(command: Transfer, refusal: Refusal, now: datetime) -> Decision:
    event = _transaction_event(EventType.TRANSACTION_FAILED, command, refusal.gates, now)
    event.data["code"] = refusal.code.value
    return Decision(events=(event,), refusal=refusal, gates=refusal.gates)


def _transaction_event(type: EventType, command: Transfer, gates: tuple[Gate, ...], now: datetime) -> Event:
    document = command.document
    data: dict[str, Any] = {
        "type": document.type.value,
        "asset": document.asset,
        "amount": plain(document.amount),
        "fee_amount": plain(document.fee_amount),
        "source_wallet_id": as_text(document.source_wallet_id),
        "destination_wallet_id": as_text(document.destination_wallet_id),
        "reference_type": document.reference_type,
        "reference_id": document.reference_id,
        "gates": [_gate_data(gate) for gate in gates],
    }
    return Event(
        id=command.event_id,
        type=type,
        stream=Stream.TRANSACTION,
        stream_id=document.id,
        seq=1,
        data=data,
        effective_at=command.effective_at or now,
        recorded_at=now,
    )


def _gate_data(gate: Gate) -> dict[str, Any]:
    return {
        "gate": gate.kind.value,
        "id": str(gate.id),
        "code": gate.code and gate.code.value,
        "required": as_text(gate.required),
        "available": as_text(gate.available),
    }
