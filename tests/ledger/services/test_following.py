"""Readers inside the service get every message once, in order, whoever commits late and whatever fails."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest

from ledger.models import OutboxMessage
from ledger.services import following, journal
from ledger.services.following import follow
from ledger.services.movements import Side
from tests.ledger.books import Books, post
from tests.ledger.sessions import answers, open_elsewhere, together


class Reader:
    """Reads from now on, and remembers what it was handed."""

    def __init__(self) -> None:
        self.name = f"test-{uuid4().hex[:8]}"
        self.seen: list[OutboxMessage] = []
        while follow(self.name, lambda _: None).is_behind:
            pass

    def read(self) -> int:
        return follow(self.name, self.seen.extend).handled

    def of(self, *wallets: Side) -> list[tuple[str, int]]:
        ids = {wallet.wallet_id for wallet in wallets}
        return [(message.type, message.sequence) for message in self.seen if message.aggregate_id in ids]


def test_each_message_comes_once_and_in_order(committed_books: Books) -> None:
    reader = Reader()
    alice = committed_books.wallet("10")
    post(committed_books.payment(alice, "3"))
    reader.read()
    told = [("WalletCreated", 1), ("TransactionCompleted", 2), ("TransactionCompleted", 3)]
    assert reader.of(alice) == told
    reader.read()
    assert reader.of(alice) == told


def test_a_late_commit_is_not_skipped(committed_books: Books) -> None:
    alice, bob = committed_books.wallet(), committed_books.wallet()
    reader = Reader()
    with open_elsewhere(lambda: journal.record([committed_books.deposit(alice, "1")])):
        post(committed_books.deposit(bob, "2"))
        reader.read()
        assert reader.of(alice, bob) == [("TransactionCompleted", 2)]  # bob's; alice's is written and not committed
    reader.read()
    assert reader.of(alice) == [("TransactionCompleted", 2)]
    assert reader.of(bob) == [("TransactionCompleted", 2)]


def test_what_fails_is_handed_out_again(committed_books: Books) -> None:
    reader = Reader()
    alice = committed_books.wallet()

    def fail(messages: Sequence[OutboxMessage]) -> None:
        reader.seen.extend(messages)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        follow(reader.name, fail)
    reader.seen.clear()
    reader.read()
    assert reader.of(alice) == [("WalletCreated", 1)]


def test_two_readers_of_one_name_take_turns(committed_books: Books) -> None:
    reader = Reader()
    wallets = [committed_books.wallet() for _ in range(5)]
    answers(together([reader.read] * 4))
    assert sorted(reader.of(*wallets)) == [("WalletCreated", 1)] * 5


def test_a_long_way_behind_is_gone_in_steps(committed_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    monkeypatch.setattr(following, "BATCH", 2)
    wallets = [committed_books.wallet() for _ in range(5)]
    steps = 0
    while follow(reader.name, reader.seen.extend).is_behind:
        steps += 1
    assert steps >= 2
    assert reader.of(*wallets) == [("WalletCreated", 1)] * 5
