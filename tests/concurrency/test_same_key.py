"""One key, many callers at once: one effect, one answer."""

from __future__ import annotations

from functools import partial

from ledger.errors import Busy
from ledger.models import Command as CommandRow
from ledger.models import Event
from ledger.services.journal import Outcome
from tests.ledger.books import Books, balance, code_of, post, row_counts
from tests.ledger.sessions import answers, together

CALLERS = 50


def test_fifty_callers_with_one_key_have_one_effect(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    before = row_counts()
    commands = [books.transfer(alice, bob, "10", key="lunch") for _ in range(CALLERS)]
    results = together([partial(post, command) for command in commands])

    told = [result[0] for result in results if not isinstance(result, Exception)]
    in_progress = [error.code for error in results if isinstance(error, Busy)]
    assert len(told) + len(in_progress) == CALLERS
    assert set(in_progress) <= {"idempotency.in_progress"}
    assert len({outcome.reply for outcome in told}) == 1
    assert [outcome.replayed for outcome in told].count(False) == 1
    assert (balance(alice), balance(bob)) == (90, 10)
    added = {table: count - before[table] for table, count in row_counts().items()}
    assert (added["ledger_command"], added["ledger_event"], added["ledger_posting"]) == (1, 1, 2)


def test_fifty_callers_share_one_refusal(books: Books) -> None:
    alice, bob = books.wallet("5"), books.wallet()
    commands = [books.transfer(alice, bob, "10", key="lunch") for _ in range(CALLERS)]
    outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    (first,) = (outcome for outcome in outcomes if not outcome.replayed)
    assert code_of(first) == "funds.insufficient"
    assert [outcome for outcome in outcomes if outcome.replayed] == [Outcome(first.reply, replayed=True)] * 49
    assert balance(alice) == 5


def test_of_different_requests_with_one_key_one_is_made(books: Books) -> None:
    alice, bob = books.wallet("1000"), books.wallet()
    commands = [books.transfer(alice, bob, str(n), key="lunch") for n in range(1, 21)]
    outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    (made,) = (command for command, outcome in zip(commands, outcomes, strict=True) if outcome.result)
    assert [outcome.key_reused for outcome in outcomes].count(True) == 19
    assert balance(bob) == made.document.amount
    row = CommandRow.objects.get(scope=made.claim.scope, key="lunch")
    assert (row.id, Event.objects.filter(command_id=row.id).count()) == (made.id, 1)
