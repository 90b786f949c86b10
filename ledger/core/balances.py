"""What postings make of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from ledger.core.accounts import WALLET, Account
from ledger.core.events import Posting


def after_postings(accounts: Mapping[UUID, Account], postings: Iterable[Posting]) -> dict[UUID, Account]:
    """Each account with its line; and each wallet that was touched counts the event, once, on its headline."""
    changed = {posting.account_id: _with_posting(accounts[posting.account_id], posting) for posting in postings}
    for id in {account.headline_id for account in changed.values() if account.owner_type == WALLET}:
        if id not in changed:
            untouched = accounts[id]
            changed[id] = replace(untouched, version=untouched.version + 1)
    return changed


def _with_posting(account: Account, posting: Posting) -> Account:
    """The headline account counts the event here if it is touched itself, which is once: an event names it once."""
    balance = account.balance + posting.amount
    if account.is_system:
        return account.moved(balance=balance, seq=account.seq, version=account.version)
    return account.moved(balance=balance, seq=account.seq + 1, version=account.version + 1)
