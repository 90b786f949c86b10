"""What a long run of movements makes of accounts, added up in place.

`ledger.core.balances` makes a new account of every posting, so that a decision can look at each. Whoever folds the
whole history only wants the last of them: sums and counts, which do not depend on the order of the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from uuid import UUID

from ledger.core.accounts import WALLET, Account
from ledger.money import EXACT, ZERO

Line = tuple[str, str, Decimal]
"""A posting as (event id, account id, amount). Ids are texts as the database writes them: making UUIDs of millions of
them, and comparing those, takes longer than all the rest of a fold."""


class NeverOpened(Exception):
    """A posting is on an account that no event has opened, or whose wallet none has."""

    def __init__(self, account_id: UUID, event_id: UUID) -> None:
        super().__init__(account_id, event_id)
        self.account_id = account_id
        self.event_id = event_id


class _Tally:
    """What has come to one account so far.

    Attributes:
        touched: events that touched the account's wallet; counted on its headline only.
        headline: the tally of the wallet's headline account, which may be this one; None outside of wallets.
    """

    __slots__ = ("balance", "headline", "last_event", "postings", "touched")

    def __init__(self) -> None:
        self.balance = ZERO
        self.postings = 0
        self.touched = 0
        self.headline: _Tally | None = None
        self.last_event = ""


class Tallies:
    """Adds postings up, account by account.

    Args:
        accounts: what the postings add to; every account that they name.
    """

    def __init__(self, accounts: Mapping[UUID, Account]) -> None:
        self._accounts = accounts
        self._tallies: dict[str, _Tally] = {}

    def add(self, lines: Iterable[Line]) -> None:
        """Take in the lines of whole events, those of one event one after the other.

        Raises:
            NeverOpened: an account is not there.
        """
        tallies = self._tallies
        with localcontext(EXACT):
            for event_id, account_id, amount in lines:
                tally = tallies.get(account_id) or self._begun(account_id, event_id)
                tally.balance += amount
                tally.postings += 1
                headline = tally.headline
                if headline is not None and headline.last_event != event_id:
                    headline.last_event = event_id
                    headline.touched += 1

    def accounts(self) -> dict[UUID, Account]:
        """The accounts that anything has come to, as they are afterwards."""
        with localcontext(EXACT):
            accounts = {UUID(id): tally for id, tally in self._tallies.items()}
            return {id: _with_tally(self._accounts[id], tally) for id, tally in accounts.items()}

    def _begun(self, account_id: str, event_id: str) -> _Tally:
        account = self._accounts.get(UUID(account_id))
        if account is None:
            raise NeverOpened(UUID(account_id), UUID(event_id))
        tally = self._tallies[account_id] = _Tally()
        if account.owner_type == WALLET:
            headline_id = str(account.headline_id)
            tally.headline = self._tallies.get(headline_id) or self._begun(headline_id, event_id)
        return tally


def _with_tally(account: Account, tally: _Tally) -> Account:
    balance = account.balance + tally.balance
    if account.is_system:
        return replace(account, balance=balance)
    seen = tally.touched if account.is_headline else tally.postings
    return replace(account, balance=balance, seq=account.seq + tally.postings, version=account.version + seen)
