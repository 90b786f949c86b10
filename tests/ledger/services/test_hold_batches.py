"""Holds in batches and in units of all or none: steps see those before them, and what is undone leaves no trace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.core.state import HoldStatus
from ledger.models import Transaction
from ledger.services import journal
from tests.ledger.books import Books, assert_sound, balance, code_of, figures, post, row_counts, stored_hold


def document_of(document_id: UUID) -> tuple[str, Decimal, int, UUID | None]:
    row = Transaction.objects.get(id=document_id)
    return row.state, row.amount, row.version, row.destination_wallet_id


def test_a_batch_of_several_holds_takes_as_many_statements_as_one(books: Books) -> None:
    alice = books.wallet("1000")
    needed = []
    for size in (1, 20):
        holds = [books.hold(alice, "3") for _ in range(size)]
        commands = [books.capture(hold, "2") for hold in holds]
        with CaptureQueriesContext(connection) as captured:
            outcomes = post(*commands)
        assert {code_of(outcome) for outcome in outcomes} == {None}
        needed.append([query["sql"].split()[0] for query in captured if "SAVEPOINT" not in query["sql"]])
    assert needed[0] == needed[1]
    assert len(needed[0]) == 6  # keys, locks, accounts, holds, what is new, what goes on
    assert (figures(alice), balance(books.payees)) == ((958, 0, 0), 42)


def test_steps_of_a_batch_see_those_before_them(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    one, other = books.hold(alice, "30", destination=bob), books.hold(alice, "20")
    outcomes = post(
        books.capture(one, "10", final=False),
        books.capture(other),
        books.capture(one, "21", final=False),
        books.extend(other, timedelta(hours=1)),
        books.capture(one, "5"),
        books.release(one),
    )
    assert [code_of(outcome) for outcome in outcomes] == [
        None, None, "reservation.capture_exceeds", "reservation.not_open", None, "reservation.not_open",
    ]  # fmt: skip
    assert document_of(one.transaction_id) == ("COMPLETED", 15, 5, bob.wallet_id)
    assert (figures(alice), figures(bob)) == ((65, 0, 0), (15, 0, 0))
    assert_sound()


def test_a_hold_made_and_paid_in_one_batch_is_paid(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    command = books.reserve(alice, "30", destination=bob)
    with_rollback = journal.rehearse([command])[0].hold
    assert with_rollback is not None
    capture = books.capture(with_rollback, "10")
    assert [code_of(outcome) for outcome in post(command, capture)] == [None, None]
    hold = stored_hold(command.hold_id)
    assert (hold.status, hold.captured, hold.released) == (HoldStatus.COMPLETED, 10, 20)
    assert document_of(command.document.id) == ("COMPLETED", 10, 2, bob.wallet_id)
    assert (figures(alice), figures(bob)) == ((90, 0, 0), (10, 0, 0))
    assert_sound()


def test_a_step_refused_in_a_unit_leaves_its_key_and_no_history(committed_books: Books) -> None:
    """The steps before it have not happened: an event that follows them would have a number that nobody gave."""
    books = committed_books
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    before = row_counts()
    unit = books.capture(hold, "10", key="#1", final=False), books.capture(hold, "25", key="#2")
    blocked, refused = post(*unit, all_or_none=True)
    assert (blocked.blocked_by, code_of(refused)) == (1, "reservation.capture_exceeds")
    assert row_counts() == before | {"ledger_command": before["ledger_command"] + 1}
    assert (stored_hold(hold.id), figures(alice)) == (hold, (70, 0, 30))
    assert post(books.capture(hold, "25", key="#2"))[0].replayed
    assert code_of(post(books.capture(hold, "25"))[0]) is None
    assert_sound()
