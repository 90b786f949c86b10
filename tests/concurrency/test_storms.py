"""Many sessions on the same wallets: no deadlock, no euro more or less (safety.md rows 6 and 16, design.md, trap 2)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import chain
from random import Random
from uuid import UUID

from ledger.services.movements import Side, Transfer
from tests.concurrency.storms import accepted, storm, without_deadlock
from tests.ledger.books import Books, account, balance, code_of

SESSIONS = 8


def test_back_and_forth_between_two_wallets(books: Books) -> None:
    """A→B and B→A at the same time is what deadlocks when locks are taken in the order of the transfer."""
    alice, bob = books.wallet("1000"), books.wallet("1000")
    batches = [[books.transfer(alice, bob, "3")] if n % 2 else [books.transfer(bob, alice, "2")] for n in range(200)]
    with without_deadlock():
        outcomes = storm(batches, sessions=SESSIONS)
    assert len(accepted(outcomes)) == 200
    assert (balance(alice), balance(bob)) == (900, 1100)
    assert account(alice).seq == account(bob).seq == 201


def test_ten_wallets_in_any_order(books: Books) -> None:
    """Batches of transfers with fees over ten wallets; the figures are those of the movements that were accepted."""
    random = Random(20260301)
    wallets = [books.wallet("50") for _ in range(10)]
    batches = [
        [
            books.transfer_with_fee(source, destination, str(random.randrange(1, 40)), "0.25")
            for source, destination in (random.sample(wallets, 2) for _ in range(random.randrange(1, 6)))
        ]
        for _ in range(100)
    ]
    with without_deadlock():
        outcomes = storm(batches, sessions=SESSIONS)

    moved = accepted(outcomes)
    expected: dict[UUID | None, Decimal] = {wallet.wallet_id: Decimal(50) for wallet in wallets}
    for command in moved:
        expected[command.document.source_wallet_id] -= command.document.total_amount
        expected[command.document.destination_wallet_id] += command.document.amount
    assert {wallet.wallet_id: balance(wallet) for wallet in wallets} == expected
    assert balance(books.fees) == Decimal("0.25") * len(moved)
    assert Counter(map(code_of, chain.from_iterable(outcomes))).keys() == {None, "funds.insufficient"}


def test_units_over_the_same_wallets_in_opposite_order(books: Books) -> None:
    """All or none: a unit is either whole or not there, whatever happens around it."""
    wallets = [books.wallet("20") for _ in range(5)]

    def unit(order: list[Side], n: int) -> list[Transfer]:
        """Round and round: who gives first is another one each time."""
        ring = order[n % 5 :] + order[: n % 5]
        return [books.transfer(ring[i], ring[(i + 1) % 5], str(7 + n % 8)) for i in range(4)]

    batches = [unit(wallets if n % 2 else wallets[::-1], n) for n in range(60)]
    with without_deadlock():
        outcomes = storm(batches, sessions=SESSIONS, all_or_none=True)

    for of_unit in outcomes:
        whole = all(outcome.result and not outcome.result.refusal for outcome in of_unit)
        stopped = [outcome for outcome in of_unit if outcome.blocked_by is not None]
        assert whole or len(stopped) == len(of_unit) - 1
    expected: dict[UUID | None, Decimal] = {wallet.wallet_id: Decimal(20) for wallet in wallets}
    for command in accepted(outcomes):
        expected[command.document.source_wallet_id] -= command.document.amount
        expected[command.document.destination_wallet_id] += command.document.amount
    assert {wallet.wallet_id: balance(wallet) for wallet in wallets} == expected
    assert {all(outcome.blocked_by is None for outcome in of_unit) for of_unit in outcomes} == {True, False}
