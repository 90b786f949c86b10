"""What the outside world is told of an event: one message per wallet that the event touches (R73, R74, R276).

The sequence of a wallet's messages is the version of its AVAILABLE account after the event: every event that
touches the account raises the version by one and sends one message, so a gap means a loss. A failed
transaction touches no account; it is announced under its own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account
from ledger.core.commands import AnyCommand, OpenAccounts, SetAccountStatus, Transfer
from ledger.core.events import Event, EventType
from ledger.money import plain

Accounts = Mapping[UUID, Account]


@dataclass(frozen=True, slots=True)
class Message:
    aggregate_type: str
    aggregate_id: UUID
    sequence: int
    type: str
    data: dict[str, Any]


def messages(command: AnyCommand, event: Event, after: Accounts) -> Iterator[Message]:
    """The messages that an event calls for; `after` are the accounts as the event left them."""
    match command:
        case Transfer() if event.type is EventType.TRANSACTION_FAILED:
            yield _failed(command, event)
        case Transfer():
            yield from _completed(command, event, after)
        case OpenAccounts():
            for account in command.accounts:
                if account.is_headline:
                    yield _of_wallet(after[account.id], "WalletCreated", command.announcement or {})
        case SetAccountStatus():
            headline = after[command.account_ids[0]]
            data = {"old_status": event.data["old_status"], "status": command.status.value, "reason": command.reason}
            yield _of_wallet(headline, "WalletStatusChanged", data)


def _of_wallet(account: Account, type: str, data: dict[str, Any]) -> Message:
    wallet_id = account.owner_id
    return Message("wallet", wallet_id, account.version, type, {"wallet_id": str(wallet_id), **data})


def _completed(command: Transfer, event: Event, after: Accounts) -> Iterator[Message]:
    document = command.document
    for posting in event.postings:
        account = after[posting.account_id]
        if account.is_headline and posting.balance_after is not None:
            data = {
                "txn_id": str(document.id),
                "amount": plain(abs(posting.amount)),
                "currency": account.asset,
                "type": document.type.seen_from_wallet(incoming=posting.amount > 0),
                "reference_id": document.reference_id,
                "reference_type": document.reference_type,
                "new_balance": plain(posting.balance_after),
            }
            yield _of_wallet(account, "TransactionCompleted", data)


def _failed(command: Transfer, event: Event) -> Message:
    document = command.document
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
