"""Back-dating races closing: the movement is there before the closing, or it is refused. There is no third way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from psycopg.errors import RestrictViolation

from ledger.errors import Busy, EffectiveAtRefused
from ledger.locks import own_books
from ledger.models import Closing
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.books import Closed, close_books
from ledger.services.invariants import INVARIANTS
from ledger.services.movements import Side, Transfer
from tests.concurrency.storms import wait_for_blocked
from tests.ledger.books import ORIGIN, Books, balance, code_of, post, row_counts
from tests.ledger.connecting import superuser
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MARCH = APRIL - timedelta(days=9)


def close(books: Books, until: datetime = APRIL) -> Closed:
    return close_books(company_id=books.company_id, closed_until=until, reason="Audited.", origin=ORIGIN)


def late(books: Books, wallet: Side, moment: datetime = MARCH) -> Transfer:
    return books.payment(wallet, "1", effective_at=moment, effective_reason="Forgotten.")


def write_closing(books: Books, until: datetime = APRIL) -> None:
    """What `close_books` does, in a transaction that somebody else ends."""
    own_books(books.company_id)
    Closing.objects.create(
        company_id=books.company_id,
        closed_until=until,
        reason="Audited.",
        actor_type="FINANCE",
        created_at=database_now(),
    )


def test_a_closing_waits_for_movements_that_are_being_posted(books: Books) -> None:
    alice = books.wallet("10")
    with ThreadPoolExecutor(1) as pool:
        with open_elsewhere(lambda: journal.record([late(books, alice)])):
            closing = pool.submit(in_own_session, partial(close, books))
            wait_for_blocked(1)
            assert not Closing.objects.filter(company_id=books.company_id).exists()
        assert closing.result().is_new
    assert balance(alice) == 9
    with pytest.raises(EffectiveAtRefused):
        post(late(books, alice))
    assert balance(alice) == 9


def test_a_movement_waits_for_a_closing_and_sees_it(books: Books) -> None:
    alice = books.wallet("10")
    before = row_counts()
    with ThreadPoolExecutor(1) as pool:
        with open_elsewhere(lambda: write_closing(books)):
            posting = pool.submit(in_own_session, partial(post, late(books, alice)))
            wait_for_blocked(1)
        with pytest.raises(EffectiveAtRefused):
            posting.result()
    assert (row_counts(), balance(alice)) == (before, 10)


def test_in_a_crowd_everything_is_before_the_closing_or_refused(books: Books) -> None:
    alice = books.wallet("10")
    commands = [late(books, alice) for _ in range(7)]
    actions = [*[partial(post, command) for command in commands[:4]], partial(close, books)]
    actions += [partial(post, command) for command in commands[4:]]
    results = together(actions)  # type: ignore[arg-type]  # they answer different things
    refused = [result for result in results if isinstance(result, EffectiveAtRefused)]
    posted = answers([result for result in results if not isinstance(result, EffectiveAtRefused)])
    assert len(refused) + len(posted) == 8
    assert balance(alice) == 10 - (len(posted) - 1)
    (kept,) = (invariant for invariant in INVARIANTS if invariant.id == "I10e")
    with connection.cursor() as cursor:
        cursor.execute(kept.sql)
        assert cursor.fetchall() == []


def test_movements_of_other_times_and_companies_do_not_wait(books: Books) -> None:
    other = Books().open()
    alice, bob = books.wallet("10"), other.wallet("10")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with open_elsewhere(lambda: write_closing(books)):
        assert code_of(post(late(other, bob))[0]) is None
        assert code_of(post(books.payment(alice, "1"))[0]) is None
        with pytest.raises(Busy):
            post(late(books, alice))
    assert (balance(alice), balance(bob)) == (9, 9)


def test_movements_that_count_from_earlier_do_not_wait_for_each_other(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet("10")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with open_elsewhere(lambda: journal.record([late(books, alice)])):
        assert code_of(post(late(books, bob))[0]) is None


def test_books_are_not_closed_over_an_ordinary_movement_that_is_not_finished(books: Books) -> None:
    """It counts from a moment ago and is committed later."""
    alice = books.wallet("10")
    with open_elsewhere(lambda: journal.record([books.payment(alice, "1")])):
        with pytest.raises(Busy):
            close(books, database_now())
        assert close(books, APRIL).is_new, "what lies further back does not wait"
    assert close(books, database_now()).is_new


def test_two_closings_at_once_are_one(books: Books) -> None:
    closed = answers(together([partial(close, books)] * 4))
    assert sorted(one.is_new for one in closed) == [False, False, False, True]
    assert len({one.closing.id for one in closed}) == 1


def test_a_closing_is_never_changed(books: Books) -> None:
    closing = close(books).closing
    statements = ("UPDATE ledger_closing SET closed_until = 'epoch'", "DELETE FROM ledger_closing")
    for statement in (*statements, "TRUNCATE ledger_closing"):
        with superuser() as other, pytest.raises(RestrictViolation, match="append-only"):
            other.execute(statement)
    with pytest.raises(IntegrityError, match="closing_of_the_past"), atomic():
        write_closing(books, database_now() + timedelta(days=1))
    assert Closing.objects.get(company_id=books.company_id).id == closing.id
