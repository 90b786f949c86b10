"""Deciding the lives of accounts: opened once, their status changed, closed for ever."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus, Book, Bucket
from ledger.core.commands import OpenAccounts, SetAccountFloor, SetAccountStatus
from ledger.core.decisions import Decision, as_text
from ledger.core.events import Event, EventType, Stream
from ledger.core.refusals import Refusal, RefusalCode
from ledger.core.state import Accounts
from ledger.money import ZERO


def decide_opening(accounts: Accounts, command: OpenAccounts, now: datetime) -> Decision:
    if any(account.id in accounts for account in command.accounts):
        return Decision(refusal=Refusal(RefusalCode.ALREADY_EXISTS))
    headline = command.accounts[0]
    data = {"accounts": [_account_data(account) for account in command.accounts]}
    event = _accounts_event(EventType.ACCOUNTS_OPENED, command, headline, data, now)
    return Decision(events=(event,))


def decide_status(accounts: Accounts, command: SetAccountStatus, now: datetime) -> Decision:
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


def decide_floor(accounts: Accounts, command: SetAccountFloor, now: datetime) -> Decision:
    account = accounts[command.account_id]
    assert account.book is Book.ALLOWANCE, "the floor of money is zero for ever"
    if account.min_balance == command.min_balance:
        return Decision()
    data = {
        "account_ids": [str(account.id)],
        "old_min_balance": as_text(account.min_balance),
        "min_balance": as_text(command.min_balance),
        "reason": command.reason,
    }
    return Decision(events=(_accounts_event(EventType.ACCOUNT_FLOOR_CHANGED, command, account, data, now),))


def _accounts_event(
    type: EventType,
    command: OpenAccounts | SetAccountStatus | SetAccountFloor,
    headline: Account,
    data: dict[str, Any],
    now: datetime,
) -> Event:
    return Event(
        id=command.event_id,
        type=type,
        stream=Stream.ACCOUNTS,
        stream_id=headline.id,
        seq=headline.life_seq + 1,
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
        "min_balance": as_text(account.min_balance),
    }


def account_from_data(data: dict[str, Any]) -> Account:
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
        life_seq=1,
        version=1,
    )
