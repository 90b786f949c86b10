"""Legs: what a movement wishes to post, the gates that each one meets, and the postings that come of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus, Book
from ledger.core.commands import Leg
from ledger.core.events import Posting, posting_id
from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.core.state import Accounts
from ledger.money import LIMIT

Refusing = Mapping[AccountStatus, RefusalCode]

_NOT_IN: Refusing = {AccountStatus.FROZEN: RefusalCode.FROZEN, AccountStatus.CLOSED: RefusalCode.CLOSED}
_NOT_OUT: Refusing = {**_NOT_IN, AccountStatus.SUSPENDED: RefusalCode.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Rules:
    """Which statuses stop a leg, and whether floors are asked."""

    debits: Refusing
    credits: Refusing
    floors: bool


ORDINARY = Rules(debits=_NOT_OUT, credits=_NOT_IN, floors=True)
SETTLING = Rules(debits=_NOT_IN, credits=_NOT_IN, floors=False)
"""What was set aside before a wallet was suspended may still be paid; the floor was met when it was set aside."""
RETURNING = Rules(debits={}, credits={}, floors=False)
"""What was set aside can always be given back."""


def merged(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """One leg per account, in the order in which the accounts come first; those that cancel out are left out."""
    sums: dict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for leg in legs:
        sums[leg.account_id, leg.asset] += leg.amount
    return tuple(Leg(account_id, asset, amount) for (account_id, asset), amount in sums.items() if amount)


def require_balanced(accounts: Accounts, legs: tuple[Leg, ...]) -> None:
    """A command whose legs do not add up to zero, or that names an account twice, is a bug of the edge."""
    sums: defaultdict[tuple[Book, str], Decimal] = defaultdict(Decimal)
    for leg in legs:
        assert leg.amount, "a leg moves something"
        sums[accounts[leg.account_id].book, leg.asset] += leg.amount
    assert len(legs) >= 2, "a movement has at least two legs"
    assert not any(sums.values()), f"legs do not add up to zero: {dict(sums)}"
    same_wallet = len({leg.account_id for leg in legs}) < len(legs)
    assert not same_wallet or len(legs) == 2, "one leg per account"


def leg_gates(accounts: Accounts, legs: tuple[Leg, ...], rules: Rules = ORDINARY) -> tuple[Gate, ...]:
    """Every gate of every leg of money, passed ones too; what two accounts of one wallet meet alike is said once.

    Legs of allowances have gates of their own (`ledger.core.envelopes`).
    """
    gates: list[Gate] = []
    for leg in legs:
        account = accounts[leg.account_id]
        if account.book is not Book.MONEY:
            continue
        gates.append(_status_gate(account, leg, rules))
        gates.append(_currency_gate(account, leg))
        if account.asset != leg.asset:
            continue  # figures of another asset say nothing about this leg
        if leg.amount < 0 and account.min_balance is not None and rules.floors:
            gates.append(_floor_gate(account, leg, account.min_balance))
        if leg.amount > 0 and not account.is_system:
            gates.append(_maximum_gate(account, leg))
    if len(legs) == 2 and accounts[legs[0].account_id].owner_id != accounts[legs[1].account_id].owner_id:
        return tuple(gates)  # almost always, and hashing figures takes long: nothing of two owners is alike
    return tuple(dict.fromkeys(gates))


def _status_gate(account: Account, leg: Leg, rules: Rules) -> Gate:
    refusing = rules.debits if leg.amount < 0 else rules.credits
    return Gate(GateKind.WALLET, account.owner_id, refusing.get(account.status))


def _currency_gate(account: Account, leg: Leg) -> Gate:
    code = None if account.asset == leg.asset else RefusalCode.CURRENCY_MISMATCH
    return Gate(GateKind.CURRENCY, account.owner_id, code)


def _floor_gate(account: Account, leg: Leg, floor: Decimal) -> Gate:
    required, available = -leg.amount, account.balance - floor
    code = None if available >= required else RefusalCode.FUNDS_INSUFFICIENT
    return Gate(GateKind.FUNDS, account.owner_id, code, required, available)


def _maximum_gate(account: Account, leg: Leg) -> Gate:
    """No balance may outgrow its column. The figures stay unsaid: they are the receiver's, not the sender's."""
    code = None if account.balance + leg.amount < LIMIT else RefusalCode.LIMIT_EXCEEDED
    return Gate(GateKind.LIMIT, "account.maximum", code)


def postings(accounts: Accounts, event_id: UUID, legs: tuple[Leg, ...]) -> tuple[Posting, ...]:
    """The lines of an event, each with the figure that its account has after it."""
    return tuple(
        _posting(accounts[leg.account_id], leg, posting_id(event_id, line)) for line, leg in enumerate(legs, start=1)
    )


def _posting(account: Account, leg: Leg, id: UUID) -> Posting:
    if account.is_system:
        return Posting(id, account.id, leg.amount, None, None)
    return Posting(id, account.id, leg.amount, account.seq + 1, account.balance + leg.amount)
