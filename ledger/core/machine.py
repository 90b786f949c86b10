"""`decide` and `evolve`: the whole of what may happen to money.

All checks come first and say all that is wrong; only then events are built, and building cannot fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus, Book, Bucket
from ledger.core.commands import AnyCommand, Leg, OpenAccounts, SetAccountStatus, Transfer
from ledger.core.events import Event, EventType, Posting, Stream, posting_id
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.money import EXACT, LIMIT, ZERO, plain

Accounts = Mapping[UUID, Account]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the machine answers: the events that follow, and the refusal if it was a no.

    A refused transfer has an event too (its document failed, and history says why); a status change that
    changes nothing has neither.
    """

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    gates: tuple[Gate, ...] = ()


def decide(accounts: Accounts, command: AnyCommand, now: datetime) -> Decision:
    """Decide one command.

    Args:
        accounts: the current state of every account that the command names, by id.
        command: the wish.
        now: the database's clock, read after the rows were locked.

    Returns:
        The decision. Refusals are values; an exception here is a bug in the caller (unbalanced legs, an
        account that was not handed in).
    """
    with localcontext(EXACT):
        match command:
            case Transfer():
                return _decide_transfer(accounts, command, now)
            case SetAccountStatus():
                return _decide_status(accounts, command, now)
            case OpenAccounts():
                return _decide_opening(accounts, command, now)


def evolve(accounts: Accounts, event: Event) -> dict[UUID, Account]:
    """The accounts that an event changes, as they are after it. The mapping handed in stays as it was."""
    with localcontext(EXACT):
        match event.type:
            case EventType.ACCOUNTS_OPENED:
                return {account.id: account for account in map(_account_from_data, event.data["accounts"])}
            case EventType.ACCOUNT_STATUS_CHANGED:
                status = AccountStatus(event.data["status"])
                ids = [UUID(text) for text in event.data["account_ids"]]
                return {i: replace(accounts[i], status=status, version=accounts[i].version + 1) for i in ids}
            case EventType.TRANSACTION_COMPLETED | EventType.TRANSACTION_FAILED:
                return {p.account_id: _with_posting(accounts[p.account_id], p) for p in event.postings}


def _with_posting(account: Account, posting: Posting) -> Account:
    balance = account.balance + posting.amount
    if account.is_system:
        return replace(account, balance=balance)
    return replace(account, balance=balance, seq=account.seq + 1, version=account.version + 1)


# Transfers


def _decide_transfer(accounts: Accounts, command: Transfer, now: datetime) -> Decision:
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
        "source_wallet_id": _text(document.source_wallet_id),
        "destination_wallet_id": _text(document.destination_wallet_id),
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
        "required": _text(gate.required),
        "available": _text(gate.available),
    }


def _text(value: UUID | Decimal | None) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)


# Accounts


def _decide_opening(accounts: Accounts, command: OpenAccounts, now: datetime) -> Decision:
    if any(account.id in accounts for account in command.accounts):
        return Decision(refusal=Refusal(RefusalCode.ALREADY_EXISTS))
    headline = command.accounts[0]
    data = {"accounts": [_account_data(account) for account in command.accounts]}
    event = _accounts_event(EventType.ACCOUNTS_OPENED, command, headline, data, now)
    return Decision(events=(event,))


def _decide_status(accounts: Accounts, command: SetAccountStatus, now: datetime) -> Decision:
    touched = [accounts[id] for id in command.account_ids]
    headline = touched[0]
    if headline.status is command.status:
        return Decision()
    if headline.status is AccountStatus.CLOSED:
        return Decision(refusal=Refusal(RefusalCode.INVALID_TRANSITION))
    if command.status is AccountStatus.CLOSED:
        left = tuple((account.bucket.value, account.balance) for account in touched if account.balance)
        if left:
            return Decision(refusal=Refusal(RefusalCode.NOT_EMPTY, blockers=left))
    data = {
        "account_ids": [str(id) for id in command.account_ids],
        "old_status": headline.status.value,
        "status": command.status.value,
        "reason": command.reason,
    }
    return Decision(events=(_accounts_event(EventType.ACCOUNT_STATUS_CHANGED, command, headline, data, now),))


def _accounts_event(
    type: EventType,
    command: OpenAccounts | SetAccountStatus,
    headline: Account,
    data: dict[str, Any],
    now: datetime,
) -> Event:
    return Event(
        id=command.event_id,
        type=type,
        stream=Stream.ACCOUNTS,
        stream_id=headline.id,
        seq=headline.lifecycle_seq + 1,
        data=data,
        effective_at=command.effective_at or now,
        recorded_at=now,
    )


def _account_data(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.id),
        "owner_type": account.owner_type,
        "owner_id": str(account.owner_id),
        "book": account.book.value,
        "asset": account.asset,
        "bucket": account.bucket.value,
        "min_balance": _text(account.min_balance),
    }


def _account_from_data(data: dict[str, Any]) -> Account:
    floor = data["min_balance"]
    return Account(
        id=UUID(data["id"]),
        owner_type=data["owner_type"],
        owner_id=UUID(data["owner_id"]),
        book=Book(data["book"]),
        asset=data["asset"],
        bucket=Bucket(data["bucket"]),
        min_balance=None if floor is None else Decimal(floor),
        balance=ZERO,
        version=1,
    )
