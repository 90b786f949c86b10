"""The commands of one wallet are decided one after the other, in the order in which they got hold of it (R270, C18)."""

from __future__ import annotations

from functools import partial
from itertools import chain, pairwise
from random import Random
from uuid import UUID

from ledger.core.commands import AnyCommand
from ledger.models import OutboxMessage, Posting
from ledger.services.movements import Side
from tests.concurrency.storms import accepted, in_this_order, storm
from tests.ledger.books import Books, balance, code_of, post


def lines_of(wallet: Side) -> list[Posting]:
    return list(Posting.objects.filter(account_id=wallet.account_id).order_by("account_seq"))


def told(wallet: Side) -> list[UUID]:
    """The events behind a wallet's messages, by number."""
    messages = OutboxMessage.objects.filter(aggregate_id=wallet.wallet_id).order_by("sequence")
    return list(messages.values_list("event_id", flat=True))


def test_of_two_who_wait_the_first_is_decided_first(books: Books) -> None:
    """With more in line the database may wake a later one earlier: the order is that of getting the row."""
    alice = books.wallet("10")
    first, second = books.payment(alice, "6"), books.payment(alice, "5")
    (one,), (other,) = in_this_order(alice, partial(post, first), partial(post, second))
    assert (code_of(one), code_of(other)) == (None, "funds.insufficient")
    assert balance(alice) == 4


def test_what_comes_in_one_list_is_decided_in_its_order(books: Books) -> None:
    """Each payment is possible at its place only: 10 − 4 + 3 − 9 + 6 − 6, and 5 is too much just then. Eight such
    lists come at the same time, and none is interrupted by another."""
    alice = books.wallet("10")

    def steps() -> list[AnyCommand]:
        return [
            books.payment(alice, "4"),
            books.deposit(alice, "3"),
            books.payment(alice, "9"),
            books.payment(alice, "5"),
            books.deposit(alice, "6"),
            books.payment(alice, "6"),
            books.deposit(alice, "10"),
        ]

    lists = storm([steps() for _ in range(16)], sessions=8)
    codes = [[code_of(outcome) for outcome in outcomes] for outcomes in lists]
    assert codes == [[None, None, None, "funds.insufficient", None, None, None]] * 16
    assert [line.amount for line in lines_of(alice)] == [10, *[-4, 3, -9, 6, -6, 10] * 16]


def test_number_time_and_message_tell_the_same_order(books: Books) -> None:
    """Eight sessions on four wallets: for each wallet, postings by number are postings by the time at which they were
    recorded and messages by sequence, each message the next, each balance following from the one before."""
    random = Random(20260314)
    wallets = [books.wallet("40") for _ in range(4)]
    batches = [
        [
            books.transfer(source, destination, str(random.randrange(1, 30)))
            for source, destination in (random.sample(wallets, 2) for _ in range(random.randrange(1, 4)))
        ]
        for _ in range(120)
    ]
    outcomes = storm(batches, sessions=8)
    decided = [outcome for outcome in chain.from_iterable(outcomes) if outcome.result]
    assert 0 < len(accepted(outcomes)) < len(decided)  # refusals stand in between and leave no hole
    for wallet in wallets:
        lines = lines_of(wallet)
        assert [line.account_seq for line in lines] == list(range(1, len(lines) + 1))
        for before, after in pairwise(lines):
            assert before.recorded_at <= after.recorded_at
            assert before.balance_after is not None
            assert after.balance_after == before.balance_after + after.amount
        opening, *moves = told(wallet)
        assert moves == [line.event_id for line in lines]
        assert opening not in moves
