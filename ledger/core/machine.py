"""`decide` and `evolve`: the whole of what may happen to money.

All checks come first and say all that is wrong; only then events are built, and building cannot fail.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import localcontext
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus
from ledger.core.commands import AnyCommand, OpenAccounts, SetAccountStatus, Transfer
from ledger.core.decisions import Accounts, Decision
from ledger.core.events import Event, EventType, Posting
from ledger.core.lifecycle import account_from_data, decide_opening, decide_status
from ledger.core.transfers import decide_transfer
from ledger.money import EXACT

__all__ = ["Decision", "decide", "evolve"]


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
                return decide_transfer(accounts, command, now)
            case SetAccountStatus():
                return decide_status(accounts, command, now)
            case OpenAccounts():
                return decide_opening(accounts, command, now)


def evolve(accounts: Accounts, event: Event) -> dict[UUID, Account]:
    """The accounts that an event changes, as they are after it. The mapping handed in stays as it was."""
    with localcontext(EXACT):
        match event.type:
            case EventType.ACCOUNTS_OPENED:
                return {account.id: account for account in map(account_from_data, event.data["accounts"])}
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
