"""`decide` and `evolve`: the whole of what may happen to money.

All checks come first and say all that is wrong; only then events are built, and building cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus
from ledger.core.allotting import decide_allotment
from ledger.core.balances import after_postings
from ledger.core.commands import (
    Allot,
    AnyCommand,
    HoldCommand,
    OpenAccounts,
    Reserve,
    SetAccountFloor,
    SetAccountStatus,
    Transfer,
    Undo,
)
from ledger.core.decisions import Decision
from ledger.core.envelopes import evolve_turn
from ledger.core.events import Event, EventType
from ledger.core.held import evolve_hold
from ledger.core.holds import decide_reserve, decide_step
from ledger.core.lifecycle import account_from_data, decide_floor, decide_opening, decide_status
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
            case SetAccountFloor():
                return decide_floor(state.accounts, command, now)
            case Allot():
                return decide_allotment(state.accounts, command, now)
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
                return {id: _with_life(accounts[id], status=status) for id in ids}
            case EventType.ACCOUNT_FLOOR_CHANGED:
                floor = Decimal(event.data["min_balance"])
                return {id: _with_life(accounts[id], min_balance=floor) for id in map(UUID, event.data["account_ids"])}
            case EventType.ALLOWANCE_TURNED:
                return evolve_turn(accounts, event)
            case _:
                return after_postings(accounts, event.postings)


def _with_life(account: Account, **changed: Any) -> Account:
    return replace(account, life_seq=account.life_seq + 1, version=account.version + 1, **changed)
