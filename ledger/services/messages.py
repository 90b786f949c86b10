"""What the outside world is told of an event: one message per wallet that the event touches (R73, R74, R276).

The sequence of a wallet's messages is its version, which is that of its AVAILABLE account: every event that touches
any of the wallet's accounts raises it by one and sends one message, so a gap means a loss. A failed transaction
touches no account; it is announced under its own id, and so is the answer to a booking of another service that was
refused: first `TransactionFailed`, then `BookingRejected`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import WALLET, Account
from ledger.core.commands import Allot, Document, OpenAccounts, SetAccountStatus
from ledger.core.decisions import as_text
from ledger.core.events import Event, EventType
from ledger.core.refusals import Gate
from ledger.core.state import Hold
from ledger.money import ZERO, plain
from ledger.services.results import Result


@dataclass(frozen=True, slots=True)
class Message:
    """What one aggregate's consumers are told.

    Attributes:
        version: of the form that `data` have, described in docs/events; a new one is said where the data are made.
    """

    aggregate_type: str
    aggregate_id: UUID
    sequence: int
    type: str
    data: dict[str, Any]
    version: int = 1


def messages(result: Result, event: Event) -> Iterator[Message]:
    """The messages that an event of a decided command calls for."""
    command = result.command
    match command:
        case OpenAccounts():
            for account in command.accounts:
                if account.is_headline:
                    yield _of_wallet(result.after[account.id], "WalletCreated", command.announcement or {})
        case SetAccountStatus():
            headline = result.after[command.account_ids[0]]
            data = {"old_status": event.data["old_status"], "status": command.status.value, "reason": command.reason}
            yield _of_wallet(headline, "WalletStatusChanged", data)
        case Allot():
            data = {f"{command.stream}_id": str(command.subject_id), **command.data}
            yield Message(command.stream.value, command.subject_id, event.seq, command.message, data)
        case _ if event.type is EventType.TRANSACTION_FAILED:
            assert result.document is not None, "what failed is a document"
            yield _failed(result.document, event)
            if "answers" in event.data:
                yield _rejected(result, event)
        case _:
            for headline, moved in _touched_wallets(result, event):
                yield _moved(result, event, headline, moved)


def _touched_wallets(result: Result, event: Event) -> Iterator[tuple[Account, Decimal]]:
    """The headline account of each wallet that an event touches, and what the event changed of what is available."""
    moved: dict[UUID, Decimal] = {}
    for posting in event.postings:
        account = result.after[posting.account_id]
        if account.owner_type == WALLET:
            amount = posting.amount if account.is_headline else ZERO
            moved[account.headline_id] = moved.get(account.headline_id, ZERO) + amount
    return ((result.after[id], amount) for id, amount in moved.items())


def _moved(result: Result, event: Event, headline: Account, moved: Decimal) -> Message:
    hold = result.hold
    if hold is None:
        assert result.document is not None, "what moves money is a document or a hold"
        return _completed(result.document, headline, moved)
    is_paid = event.type is EventType.RESERVATION_CAPTURED and headline.owner_id != hold.wallet_id
    return _received(hold, headline, moved) if is_paid else _held(hold, event, headline)


def _of_wallet(account: Account, type: str, data: dict[str, Any]) -> Message:
    wallet_id = account.owner_id
    return Message("wallet", wallet_id, account.version, type, {"wallet_id": str(wallet_id), **data})


def _completed(document: Document, headline: Account, moved: Decimal) -> Message:
    data = {
        "txn_id": str(document.id),
        "amount": plain(abs(moved)),
        "currency": headline.asset,
        "type": document.type.seen_from_wallet(incoming=moved > 0),
        "reference_id": document.reference_id,
        "reference_type": document.reference_type,
        "new_balance": plain(headline.balance),
    }
    if document.original_id is not None:
        data["original_txn_id"] = str(document.original_id)
    return _of_wallet(headline, "TransactionCompleted", data)


def _received(hold: Hold, headline: Account, moved: Decimal) -> Message:
    """A capture, as whoever got the money is told of it: money that has arrived."""
    data = {
        "txn_id": str(hold.transaction_id),
        "amount": plain(moved),
        "currency": headline.asset,
        "type": "CREDIT",
        "reference_id": hold.reference_id,
        "reference_type": hold.reference_type,
        "new_balance": plain(headline.balance),
    }
    return _of_wallet(headline, "TransactionCompleted", data)


def _held(hold: Hold, event: Event, headline: Account) -> Message:
    data = {
        "reservation_id": str(hold.id),
        "txn_id": str(hold.transaction_id),
        "amount": event.data["amount"],
        "currency": hold.asset,
        "captured_amount": plain(hold.captured),
        "released_amount": plain(hold.released),
        "status": hold.status.value,
        "expires_at": hold.expires_at.isoformat().replace("+00:00", "Z"),
        "reference_id": hold.reference_id,
        "reference_type": hold.reference_type,
        "new_balance": plain(headline.balance),
    }
    return _of_wallet(headline, event.type.value, data)


def _failed(document: Document, event: Event) -> Message:
    data = {
        "txn_id": str(document.id),
        "wallet_id": event.data["source_wallet_id"] or event.data["destination_wallet_id"],
        "amount": plain(document.amount),
        "currency": document.asset,
        "type": document.type.seen_from_wallet(incoming=document.source_wallet_id is None),
        "reference_id": document.reference_id,
        "code": event.data["code"],
    }
    return Message("transaction", document.id, event.seq, "TransactionFailed", data)


def _rejected(result: Result, event: Event) -> Message:
    """The answer to a booking that another service has told of (ADR 0026)."""
    document, refusal = result.document, result.refusal
    assert document is not None, "what failed is a document"
    assert refusal is not None, "it failed because it was refused"
    data = {
        **event.data["answers"],
        "txn_id": str(document.id),
        "wallet_id": event.data["source_wallet_id"],
        "amount": plain(document.amount),
        "currency": document.asset,
        "code": refusal.code.value,
        "gates": [_gate(gate) for gate in refusal.gates if not gate.ok],
    }
    return Message("transaction", document.id, event.seq + 1, "BookingRejected", data)


def _gate(gate: Gate) -> dict[str, str | None]:
    figures = {"required": gate.required, "available": gate.available, "shortfall": gate.shortfall}
    told = {"gate": gate.kind.value, "id": str(gate.id), **{name: as_text(figure) for name, figure in figures.items()}}
    if gate.resets_at is not None:
        told["resets_at"] = gate.resets_at.isoformat().replace("+00:00", "Z")
    return told | ({"name": gate.name} if gate.name else {})
