"""Added up in any order, movements come to what the machine makes of them one by one."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.accounts import WALLET, Account, Book, Bucket, account_id
from ledger.core.balances import after_postings
from ledger.core.events import Posting
from ledger.core.tallies import Line, NeverOpened, Tallies
from ledger.money import EXACT


def account(owner_type: str, owner: int, bucket: Bucket, book: Book = Book.MONEY) -> Account:
    owner_id = UUID(int=owner)
    id = account_id(owner_type, owner_id, "EUR", bucket, book)
    floor = None if bucket is Bucket.SYSTEM else Decimal(0)
    return Account(id, owner_type, owner_id, book, "EUR", bucket, min_balance=floor, life_seq=1, version=1)


ACCOUNTS = {
    each.id: each
    for each in (
        *(account(WALLET, owner, bucket) for owner in (1, 2) for bucket in (Bucket.AVAILABLE, Bucket.RESERVED)),
        account("BUDGET", 3, Bucket.AVAILABLE, Book.ALLOWANCE),
        account("BUDGET", 3, Bucket.SPENT, Book.ALLOWANCE),
        account("COMPANY_FUNDING", 4, Bucket.SYSTEM),
    )
}
FUNDING = account("COMPANY_FUNDING", 4, Bucket.SYSTEM)
AMOUNTS = st.decimals(min_value="-99999999999999999999", max_value="99999999999999999999", places=18).filter(bool)
EVENTS = st.lists(st.dictionaries(st.sampled_from(sorted(ACCOUNTS)), AMOUNTS, min_size=1), max_size=12)


def lines_of(events: list[dict[UUID, Decimal]]) -> list[list[Line]]:
    return [
        [(str(UUID(int=number << 16)), str(account_id), amount) for account_id, amount in legs.items()]
        for number, legs in enumerate(events, start=1)
    ]


@given(EVENTS, st.randoms(), st.integers(1, 5))
def test_they_come_to_what_the_machine_makes_of_them(
    events: list[dict[UUID, Decimal]], order: Random, size: int
) -> None:
    machine = dict(ACCOUNTS)
    for legs in lines_of(events):
        postings = [Posting(UUID(event_id), UUID(id), amount, None, None) for event_id, id, amount in legs]
        with localcontext(EXACT):
            machine.update(after_postings(machine, postings))

    shuffled = lines_of(events)
    order.shuffle(shuffled)
    tallies = Tallies(ACCOUNTS)
    for start in range(0, len(shuffled), size):
        tallies.add(line for legs in shuffled[start : start + size] for line in legs)
    assert ACCOUNTS | tallies.accounts() == machine


def test_an_account_that_is_not_there_is_named_with_its_event() -> None:
    unknown = account(WALLET, 7, Bucket.AVAILABLE)
    with pytest.raises(NeverOpened) as raised:
        Tallies(ACCOUNTS).add([line(1, FUNDING, "1"), line(2, unknown, "-1")])
    assert (raised.value.account_id, raised.value.event_id) == (unknown.id, UUID(int=2))


def test_a_wallet_without_its_headline_is_not_there() -> None:
    reserved = account(WALLET, 1, Bucket.RESERVED)
    with pytest.raises(NeverOpened):
        Tallies({reserved.id: reserved}).add([line(1, reserved, "1")])


def test_sums_that_outgrow_the_exact_digits_are_refused_not_rounded() -> None:
    tallies = Tallies(ACCOUNTS)
    with pytest.raises(Inexact):
        tallies.add([line(1, FUNDING, "1e50"), line(2, FUNDING, "1e-18")])


def line(event: int, account: Account, amount: str) -> Line:
    return str(UUID(int=event)), str(account.id), Decimal(amount)
