"""Spending what is there, all at once: down to zero, never below (safety.md §3, I4)."""

from __future__ import annotations

from functools import partial
from itertools import chain
from random import Random

from ledger.services.movements import Wish
from tests.concurrency.storms import accepted, storm
from tests.ledger.books import Books, account, balance, code_of, post
from tests.ledger.sessions import answers, together

SESSIONS = 10


def test_a_hundred_euros_are_spent_a_hundred_times(books: Books) -> None:
    alice = books.wallet("100")
    outcomes = storm([[books.payment(alice, "1")] for _ in range(130)], sessions=SESSIONS)
    assert len(accepted(outcomes)) == 100
    assert [code_of(outcome) for outcome in chain.from_iterable(outcomes)].count("funds.insufficient") == 30
    assert (balance(alice), balance(books.funding)) == (0, 0)


def test_what_is_refused_was_more_than_what_is_left(books: Books) -> None:
    random = Random(7)
    alice, bob = books.wallet("200"), books.wallet()
    batches = [[books.transfer(alice, bob, str(random.randrange(1, 15)))] for _ in range(80)]
    outcomes = storm(batches, sessions=SESSIONS)
    spent = accepted(outcomes)
    left = balance(alice)
    assert left == 200 - sum(command.document.amount for command in spent)
    assert left >= 0
    refused = {command.id for (command,) in batches} - {command.id for command in spent}
    assert refused
    assert all(command.document.amount > left for (command,) in batches if command.id in refused)


def test_of_many_who_have_seen_the_same_version_one_wins(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    seen = Wish(version=account(alice).version)
    commands = [books.transfer(alice, bob, "1", wish=seen) for _ in range(SESSIONS)]
    outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    codes = [code_of(outcome) for outcome in outcomes]
    assert sorted(codes, key=str) == [None] + ["precondition.failed"] * (SESSIONS - 1)
    assert balance(bob) == 1
