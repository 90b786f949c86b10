"""`decide` and `evolve`: the whole of what may happen to money.

All checks come first and say all that is wrong; only then events are built, and building cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import localcontext
from uuid import UUID

from ledger.core.accounts import WALLET, Account, AccountStatus
from ledger.core.commands import AnyCommand, HoldCommand, OpenAccounts, Reserve, SetAccountStatus, Transfer, Undo
from ledger.core.decisions import Decision
from ledger.core.events import Event, EventType, Posting
from ledger.core.held import evolve_hold
from ledger.core.holds import decide_reserve, decide_step
from ledger.core.lifecycle import account_from_data, decide_opening, decide_status
from ledger.core.state import Hold, State
from ledger.core.transfers import decide_transfer
from ledger.core.undoing import decide_undo, evolve_original
from ledger.money import EXACT

__all__ = ["Decision", "decide", "evolve", "evolve_accounts", "evolve_hold"]


def decide(state: State, command: AnyCommand, now: datetime) -> Decision:
    """Decide one command.

    Args:
        state: the current state of every account, hold and original that the command names.
        command: the wish.
        now: the database's clock, read after the rows were locked.

    Returns:
        The decision. Refusals are values; an exception here is a bug in the caller (unbalanced legs, an
        account that was not handed in).
    """
    with localcontext(EXACT):
        match command:
            case Transfer():
                return decide_transfer(state.accounts, command, now)
            case Reserve():
                return decide_reserve(state.accounts, command, now)
            case HoldCommand():
                return decide_step(state, command, now)
            case Undo():
                return decide_undo(state, command, now)
            case SetAccountStatus():
                return decide_status(state.accounts, command, now)
            case OpenAccounts():
                return decide_opening(state.accounts, command, now)


def evolve(state: State, event: Event) -> State:
    """What an event changes, as it is afterwards. The state handed in stays as it was."""
    with localcontext(EXACT):
        changed = State(accounts=evolve_accounts(state.accounts, event))
        if event.type.is_of_hold:
            hold = evolve_hold(_hold_of(state, event), event)
            changed.holds[hold.id] = hold
        if event.type in (EventType.TRANSACTION_REFUNDED, EventType.TRANSACTION_REVERSED):
            changed.originals[event.stream_id] = evolve_original(state.originals[event.stream_id], event)
        return changed


def _hold_of(state: State, event: Event) -> Hold | None:
    if event.type is EventType.RESERVATION_CREATED:
        return None
    return state.holds[UUID(event.data["hold_id"])]


def evolve_accounts(accounts: Mapping[UUID, Account], event: Event) -> dict[UUID, Account]:
    """The accounts that an event changes, as they are afterwards."""
    with localcontext(EXACT):
        match event.type:
            case EventType.ACCOUNTS_OPENED:
                return {account.id: account for account in map(account_from_data, event.data["accounts"])}
            case EventType.ACCOUNT_STATUS_CHANGED:
                status = AccountStatus(event.data["status"])
                ids = [UUID(text) for text in event.data["account_ids"]]
                return {id: _with_status(accounts[id], status) for id in ids}
            case _:
                return _after_postings(accounts, event.postings)


def _with_status(account: Account, status: AccountStatus) -> Account:
    return replace(account, status=status, life_seq=account.life_seq + 1, version=account.version + 1)


def _after_postings(accounts: Mapping[UUID, Account], postings: tuple[Posting, ...]) -> dict[UUID, Account]:
    """Each account with its line; and each wallet that was touched counts the event, once, on its headline."""
    changed = {posting.account_id: _with_posting(accounts[posting.account_id], posting) for posting in postings}
    for id in {account.headline_id for account in changed.values() if account.owner_type == WALLET}:
        headline = changed.get(id) or accounts[id]
        changed[id] = replace(headline, version=headline.version + 1)
    return changed


def _with_posting(account: Account, posting: Posting) -> Account:
    balance = account.balance + posting.amount
    if account.is_system:
        return replace(account, balance=balance)
    version = account.version if account.is_headline else account.version + 1
    return replace(account, balance=balance, seq=account.seq + 1, version=version)
