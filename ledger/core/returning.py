"""What envelopes get back when a spend is undone.

A budget gets it back in the period that paid, or through the period that the edge redirects it to. A limit gets back
only what is still on its SPENT account of it, or today's refund of yesterday's spending would let today be overspent.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Account, Book, Bucket
from ledger.core.allowances import COUNT, EnvelopeKind
from ledger.core.commands import Leg, TransactionType, Undo
from ledger.core.state import Accounts, Original
from ledger.money import ZERO


def returning_legs(accounts: Accounts, command: Undo, original: Original) -> tuple[Leg, ...]:
    """From what was spent back to what is allowed, for each envelope that the original was taken from."""
    legs: list[Leg] = []
    for id, spent in original.net.items():
        account = accounts[id]
        if account.book is Book.ALLOWANCE and account.bucket is Bucket.SPENT:
            legs += _legs(accounts, command, original, account, spent)
    return tuple(legs)


def _legs(accounts: Accounts, command: Undo, original: Original, spent: Account, taken: Decimal) -> list[Leg]:
    available = accounts[_available_id(accounts, original, spent)]
    amount = _amount(command, spent, taken)
    if spent.owner_type == EnvelopeKind.LIMIT:
        amount = min(amount, _still_shown(original, spent))
    if amount <= 0:
        return []
    source, target = (command.redirected.get(id, id) for id in (spent.id, available.id))
    return [Leg(source, spent.asset, -amount), Leg(target, spent.asset, amount)]


def _available_id(accounts: Accounts, original: Original, spent: Account) -> UUID:
    """The other account of the same envelope: whatever was spent of it came from there."""
    return next(
        id
        for id in original.net
        if accounts[id].bucket is Bucket.AVAILABLE
        and (accounts[id].owner_id, accounts[id].owner_type) == (spent.owner_id, spent.owner_type)
        and (accounts[id].asset, accounts[id].book) == (spent.asset, spent.book)
    )


def _amount(command: Undo, spent: Account, taken: Decimal) -> Decimal:
    """All that the original took for a reversal, the amount for a refund. A count comes back with a reversal only."""
    if command.document.type is TransactionType.REVERSAL:
        return taken
    return ZERO if spent.asset == COUNT else min(command.document.amount, taken)


def _still_shown(original: Original, spent: Account) -> Decimal:
    """What the original took since the limit was turned last, less what was given back of that."""
    since = spent.window_starts_at
    if since is None:
        return ZERO
    taken = sum((amount for moment, amount in original.moved.get(spent.id, ()) if moment >= since), ZERO)
    return min(taken - original.refunded, spent.balance)
