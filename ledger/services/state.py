"""What commands need to be decided: their accounts locked, then everything read anew (ADR 0004)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.core.allowances import Allowance, Envelope, accounts_of_allowances
from ledger.core.commands import (
    Allot,
    AnyCommand,
    Capture,
    HoldCommand,
    OpenAccounts,
    Reserve,
    SetAccountFloor,
    SetAccountStatus,
    TransactionType,
    Transfer,
    Undo,
)
from ledger.core.state import State
from ledger.errors import Busy
from ledger.locks import lock_accounts
from ledger.selectors.accounts import read_accounts
from ledger.selectors.holds import read_holds
from ledger.selectors.originals import read_originals


def lock_and_read(commands: Sequence[AnyCommand]) -> tuple[State, datetime]:
    """Lock the accounts that the commands name, and read them, their holds and what they undo.

    A hold changes only under the lock of its wallet's accounts, a document only under that of the accounts that it
    moved; so neither needs a lock of its own.

    Returns:
        The state under the lock, and the database's clock then.
    """
    account_ids = {id for command in commands for id in accounts_of(command)}
    lock_accounts(account_ids)
    accounts, now = read_accounts(account_ids)
    state = State(accounts=accounts)
    holds = [command.hold_id for command in commands if isinstance(command, HoldCommand)]
    if holds:
        state.holds = read_holds(holds)
    originals = [command.original_id for command in commands if isinstance(command, Undo)]
    if originals:
        state.originals = read_originals(originals)
        documents = {hold.transaction_id for hold in state.holds.values()}
        assert documents.isdisjoint(state.originals), "a batch settles a hold or undoes its document, not both"
    if any(_is_outdated(command, state, now) for command in commands):
        raise Busy("Somebody else is changing this just now. Try again.")
    return state, now


def _is_outdated(command: AnyCommand, state: State, now: datetime) -> bool:
    """Whether what a command is about went on between being looked up and being locked, so that the command would mean
    something else: an original that has moved other accounts or another amount, a hold that is paid to somebody now, a
    budget or limit whose period has ended."""
    match command:
        case Transfer() | Reserve():
            return any(_is_over(allowance, now) for allowance in command.allowances)
        case Undo(document=document):
            original = state.originals[command.original_id]
            is_whole = document.type is TransactionType.REVERSAL
            missing = original.net.keys() - set(command.account_ids)
            return bool(missing) or (is_whole and document.amount != original.amount)
        case Capture(destination_wallet_id=None):
            hold = state.holds.get(command.hold_id)
            return hold is not None and hold.destination_wallet_id is not None
        case _:
            return False


def _is_over(allowance: Allowance, now: datetime) -> bool:
    if not isinstance(allowance, Envelope) or not allowance.is_current:
        return False
    return not allowance.starts_at <= now < allowance.ends_at


def accounts_of(command: AnyCommand) -> list[UUID]:
    """Every account that a command names."""
    match command:
        case Transfer():
            return [*(leg.account_id for leg in command.legs), *accounts_of_allowances(command.allowances)]
        case SetAccountFloor():
            return [command.account_id]
        case Allot():
            return [id for move in command.moves for id in (move.account_id, move.source_id)]
        case SetAccountStatus() | Reserve() | HoldCommand() | Undo():
            return list(command.account_ids)
        case OpenAccounts():
            return [account.id for account in command.accounts]
