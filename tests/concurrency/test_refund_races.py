"""Refunds and reversals of one document at once: never more than it was, never both (safety.md row 39)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from random import Random

import pytest

from ledger.core.commands import AnyCommand
from ledger.errors import Busy
from ledger.models import Event, Transaction
from ledger.services.journal import Outcome
from tests.concurrency.storms import in_this_order, without_deadlock
from tests.ledger.books import Books, balance, code_of, figures, post
from tests.ledger.sessions import answers, together

CALLERS = 20


def at_once(*commands: AnyCommand) -> list[Outcome]:
    return [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]


def test_twenty_callers_refund_a_tenth_each(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet("1000")
    paid = books.transfer(alice, bob, "100")
    post(paid)
    with without_deadlock():
        outcomes = at_once(*(books.refund(paid.document.id, "10") for _ in range(CALLERS)))
    codes = [code_of(outcome) for outcome in outcomes]
    assert (codes.count(None), codes.count("refund.exceeds_original")) == (10, 10)
    assert (balance(alice), balance(bob)) == (100, 1000)
    assert Transaction.objects.get(id=paid.document.id).refunded_amount == 100
    told = Event.objects.filter(stream_id=paid.document.id).order_by("seq").values_list("seq", flat=True)
    assert list(told) == list(range(1, 12))


@pytest.mark.parametrize("seed", range(3))
def test_refunds_of_any_size_never_exceed_the_original(books: Books, seed: int) -> None:
    random = Random(seed)
    alice, bob = books.wallet("101"), books.wallet("1000")
    paid = books.transfer_with_fee(alice, bob, "100", "1")
    post(paid)
    commands = [books.refund(paid.document.id, str(random.randrange(1, 30))) for _ in range(CALLERS)]
    outcomes = at_once(*commands)
    given = [c.document.amount for c, o in zip(commands, outcomes, strict=True) if code_of(o) is None]
    left = 100 - sum(given, Decimal(0))
    assert left >= 0
    refused = [c.document.amount for c, o in zip(commands, outcomes, strict=True) if code_of(o) is not None]
    assert refused
    assert all(amount > left for amount in refused)
    assert Transaction.objects.get(id=paid.document.id).refunded_amount == 100 - left
    assert (balance(alice), balance(bob), balance(books.fees)) == (100 - left, 1000 + left, 1)


def test_of_many_reversals_one_is_made(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet("1000")
    paid = books.transfer(alice, bob, "100")
    post(paid)
    codes = [code_of(outcome) for outcome in at_once(*(books.reverse(paid.document.id) for _ in range(CALLERS)))]
    assert (codes.count(None), codes.count("transaction.not_reversible")) == (1, CALLERS - 1)
    assert (balance(alice), balance(bob)) == (100, 1000)


@pytest.mark.parametrize("reverses_first", [True, False])
def test_a_reversal_against_a_refund_in_either_order(books: Books, reverses_first: bool) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "100")
    post(paid)
    commands = [books.reverse(paid.document.id), books.refund(paid.document.id, "10")]
    if not reverses_first:
        commands.reverse()
    first, second = in_this_order(alice, *(partial(post, command) for command in commands))
    assert (code_of(first[0]), code_of(second[0])) == (None, "transaction.not_reversible")
    assert (balance(alice), balance(bob)) == ((100, 0) if reverses_first else (10, 90))


@pytest.mark.parametrize("round", range(4))
def test_a_reversal_among_refunds_at_the_same_moment(books: Books, round: int) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "100")
    post(paid)
    commands: list[AnyCommand] = [books.refund(paid.document.id, "10") for _ in range(5)]
    commands.insert(round, books.reverse(paid.document.id))
    outcomes = at_once(*commands)
    reversal, codes = code_of(outcomes.pop(round)), [code_of(outcome) for outcome in outcomes]
    row = Transaction.objects.get(id=paid.document.id)
    if reversal is None:
        assert set(codes) == {"transaction.not_reversible"}
        assert (row.state, row.refunded_amount, balance(alice), balance(bob)) == ("REVERSED", 100, 100, 0)
    else:
        assert (reversal, set(codes)) == ("transaction.not_reversible", {None})
        assert (row.state, row.refunded_amount, balance(alice), balance(bob)) == ("COMPLETED", 50, 50, 50)


def test_a_refund_against_the_capture_that_it_waits_for(books: Books) -> None:
    """Looked up while the money was held, locked when it was paid: told to come again, never half right."""
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30")
    refund, capture = books.refund(hold.transaction_id, "10"), books.capture(hold, destination=bob)
    (outcome,), busy = in_this_order(alice, lambda: post(capture), lambda: _busy(refund))
    assert (code_of(outcome), busy) == (None, True)
    assert code_of(post(books.refund(hold.transaction_id, "10"))[0]) is None
    assert (figures(alice), figures(bob)) == ((80, 0, 0), (20, 0, 0))


def _busy(command: AnyCommand) -> bool:
    try:
        post(command)
    except Busy:
        return True
    return False
