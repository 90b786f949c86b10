"""What happens to a command when the database interrupts it: deadlocks are tried again, a broken connection is
told for what it is (ADR 0010)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from ledger.errors import OutcomeUnknown
from tests.ledger.books import Books, assert_sound, balance, code_of, figures, post, row_counts, stored_hold
from tests.ledger.connecting import Cut, breaking_at_commit, superuser

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


@contextmanager
def interrupting(
    statement: str, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
) -> Iterator[list[str]]:
    """Run something around each statement that contains a text; yields the list of such statements so far."""
    seen: list[str] = []

    def wrapper(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if statement not in sql:
            return execute(sql, params, many, context)
        seen.append(sql)
        if before:
            before()
        result = execute(sql, params, many, context)
        if after:
            after()
        return result

    with connection.execute_wrapper(wrapper):
        yield seen


LOCK, WRITE, GO_ON = "FOR NO KEY UPDATE", "WITH opened AS", "WITH advanced AS"


class Trouble:
    """Raises an error of the database a number of times, then no more."""

    def __init__(self, error: type[psycopg.Error], times: int) -> None:
        self.error = error
        self.times = times

    def __call__(self) -> None:
        if self.times:
            self.times -= 1
            raise OperationalError from self.error()


TRANSIENT = [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]


@pytest.mark.parametrize("error", TRANSIENT)
def test_the_whole_transaction_runs_again_when_the_database_asks_for_it(
    committed_books: Books, error: type[psycopg.Error]
) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    with interrupting(WRITE, before=Trouble(error, times=2)) as attempts:
        (outcome,) = post(books.transfer(alice, bob, "10"))
    assert len(attempts) == 3
    assert code_of(outcome) is None
    assert balance(bob) == 10


@pytest.mark.parametrize("error", TRANSIENT)
def test_after_three_attempts_it_is_told(committed_books: Books, error: type[psycopg.Error]) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    before = row_counts()
    with interrupting(LOCK, before=Trouble(error, times=9)) as attempts, pytest.raises(OperationalError) as raised:
        post(books.transfer(alice, bob, "10"))
    assert isinstance(raised.value.__cause__, error)
    assert len(attempts) == 3
    assert row_counts() == before


@pytest.mark.parametrize("error", [psycopg.errors.QueryCanceled, psycopg.errors.DiskFull])
def test_other_troubles_are_not_tried_again(committed_books: Books, error: type[psycopg.Error]) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    before = row_counts()
    with interrupting(LOCK, before=Trouble(error, times=9)) as attempts, pytest.raises(OperationalError):
        post(books.transfer(alice, bob, "10"))
    assert len(attempts) == 1
    assert row_counts() == before


@pytest.mark.parametrize("cut", Cut)
def test_when_the_answer_to_commit_is_lost_the_same_key_finds_out(committed_books: Books, cut: Cut) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    command = books.transfer(alice, bob, "4", key="lunch")
    with breaking_at_commit(cut), pytest.raises(OutcomeUnknown):
        post(command)
    assert balance(bob) == (4 if cut is Cut.AFTER_COMMIT else 0)
    (again,) = post(books.transfer(alice, bob, "4", key="lunch"))
    assert again.replayed is (cut is Cut.AFTER_COMMIT)
    assert (again.reply.status, balance(alice), balance(bob)) == (201, 6, 4)
    assert_sound()


def terminate_own_backend() -> None:
    """As an administrator, or a server that is shut down."""
    pid = connection.connection.info.backend_pid
    with superuser() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_backend_that_is_ended_before_commit_leaves_the_outcome_unknown(committed_books: Books) -> None:
    """What comes back is a message of the server, 57P01, but it may be younger than the commit."""
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    command = books.transfer(alice, bob, "4")
    with interrupting(WRITE, after=terminate_own_backend), pytest.raises(OutcomeUnknown):
        post(command)
    assert balance(bob) == 0
    assert code_of(post(command)[0]) is None
    assert balance(bob) == 4


def test_a_backend_that_is_ended_earlier_has_done_nothing(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    before = row_counts()
    command = books.transfer(alice, bob, "4")
    with interrupting(LOCK, before=terminate_own_backend), pytest.raises(OperationalError):
        post(command)
    assert row_counts() == before
    assert code_of(post(command)[0]) is None


@pytest.mark.parametrize("cut", Cut)
def test_a_capture_whose_answer_is_lost_is_made_once(committed_books: Books, cut: Cut) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    hold = books.hold(alice, "10", destination=bob)
    with breaking_at_commit(cut), pytest.raises(OutcomeUnknown):
        post(books.capture(hold, "4", key="checkout", final=False))
    assert balance(bob) == (4 if cut is Cut.AFTER_COMMIT else 0)
    (again,) = post(books.capture(stored_hold(hold.id), "4", key="checkout", final=False))
    assert again.replayed is (cut is Cut.AFTER_COMMIT)
    assert (figures(alice), figures(bob)) == ((0, 0, 6), (4, 6, 0))
    assert_sound()


@pytest.mark.parametrize("statement", [LOCK, WRITE, GO_ON])
@pytest.mark.parametrize("error", TRANSIENT)
def test_steps_and_undoings_run_again_too(committed_books: Books, statement: str, error: type[psycopg.Error]) -> None:
    books = committed_books
    alice, bob = books.wallet("10"), books.wallet()
    hold, paid = books.hold(alice, "5"), books.transfer(alice, bob, "4")
    post(paid)
    commands = books.capture(hold, "3", destination=bob), books.refund(paid.document.id, "1")
    with interrupting(statement, before=Trouble(error, times=2)) as attempts:
        outcomes = post(*commands)
    assert len(attempts) == 3
    assert [code_of(outcome) for outcome in outcomes] == [None, None]
    assert (figures(alice), figures(bob)) == ((4, 0, 0), (6, 0, 0))


def test_between_the_two_statements_that_write_nothing_is_kept(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("10")
    hold = books.hold(alice, "5")
    before = row_counts()
    with interrupting(GO_ON, before=terminate_own_backend), pytest.raises(OperationalError):
        post(books.capture(hold))
    assert (row_counts(), stored_hold(hold.id), figures(alice)) == (before, hold, (5, 0, 5))
    assert code_of(post(books.capture(hold))[0]) is None
