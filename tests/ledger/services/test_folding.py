"""Checkpoints of system accounts: exact at any time, whoever is late (ADR 0011)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.db.transaction import atomic, set_rollback

from ledger.models import Account, Event
from ledger.selectors.balances import system_balances
from ledger.services import folding, journal
from ledger.services.folding import fold_system_accounts
from tests.ledger.books import Books, assert_sound, balance, post
from tests.ledger.sessions import answers, open_elsewhere, together, wait_until


def fold_everything() -> None:
    """Fold up to now. A transaction anywhere on the server, also of another database, holds the horizon back."""
    wait_for_horizon()
    fold_system_accounts()


def wait_for_horizon() -> None:
    latest = Event.objects.aggregate(latest=Max("xid"))["latest"]

    def has_passed() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s", [latest])
            return bool(cursor.fetchone()[0])

    wait_until(has_passed)


def checkpoint(id: UUID) -> Decimal:
    return Account.objects.get(id=id).balance


def test_a_fold_moves_the_tail_into_the_checkpoint(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    post(books.payment(alice, "30"))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (0, -70)
    fold_everything()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-70, -70)
    assert checkpoint(books.fees.id) == 0
    post(books.payment(alice, "20"))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-70, -50)


def test_folding_twice_changes_nothing_more(committed_books: Books) -> None:
    books = committed_books
    books.wallet("100")
    for _ in range(3):
        fold_everything()
        assert (checkpoint(books.funding.id), balance(books.funding)) == (-100, -100)


def test_folding_in_many_places_at_once_changes_nothing_more(committed_books: Books) -> None:
    books = committed_books
    books.wallet("100")
    wait_for_horizon()
    answers(together([fold_system_accounts] * 4))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-100, -100)


def test_only_the_tail_is_looked_at(committed_books: Books) -> None:
    """Not the whole history, every minute: the index on `xid` is searched between the last fold and the horizon."""
    for _ in range(3):
        committed_books.wallet("1")
    fold_everything()
    committed_books.wallet("1")
    wait_for_horizon()
    with atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + folding._FOLD)
        (plan,) = cursor.fetchone()
        set_rollback(True)
    seen = sum(node["Actual Rows"] for node in nodes(plan[0]["Plan"]) if node.get("Alias", "").startswith("e_"))
    assert seen == 2  # the opening and the deposit of the last wallet


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def test_a_new_account_has_a_short_tail(committed_books: Books) -> None:
    """Its tail starts when it is opened; whatever is older cannot concern it."""
    latest = Event.objects.aggregate(latest=Max("xid"))["latest"]
    wait_for_horizon()
    other = Books().open()
    row = Account.objects.get(id=other.funding.id)
    assert row.folded_xid is not None
    assert row.folded_xid >= latest


def test_wallets_have_no_checkpoint(committed_books: Books) -> None:
    alice = committed_books.wallet("100")
    fold_everything()
    row = Account.objects.get(id=alice.account_id)
    assert (row.balance, row.folded_xid) == (100, None)


def test_a_late_commit_is_not_missed(committed_books: Books) -> None:
    """Its events are older than others that were folded; a checkpoint by `max(id)` or by time would lose them."""
    books = committed_books
    alice, bob = books.wallet(), books.wallet()
    with open_elsewhere(lambda: journal.record([books.deposit(alice, "1")])):
        post(books.deposit(bob, "10"))
        fold_system_accounts()
        assert balance(books.funding) == -10
        post(books.deposit(bob, "100"))
        fold_system_accounts()
        assert balance(books.funding) == -110
    assert balance(books.funding) == -111
    fold_everything()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-111, -111)
    assert_sound()


def test_a_rollback_is_not_counted(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("5")
    journal.rehearse([books.deposit(alice, "1")])
    fold_everything()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-5, -5)


def test_what_outgrows_the_column_stays_in_the_tail_and_stops_nobody(committed_books: Books) -> None:
    books, other = committed_books, Books().open()
    rich = [books.wallet("90000000000000000000") for _ in range(2)]
    other.wallet("5")
    fold_everything()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (0, Decimal("-180000000000000000000"))
    assert (checkpoint(other.funding.id), balance(other.funding)) == (-5, -5)
    assert_sound()
    post(books.payment(rich[0], "90000000000000000000"))
    fold_everything()
    assert checkpoint(books.funding.id) == Decimal("-90000000000000000000")


def test_balances_of_many_accounts_come_together(committed_books: Books) -> None:
    books, other = committed_books, Books().open()
    books.wallet("1")
    other.wallet("2")
    assert system_balances([books.funding.id, other.funding.id, other.fees.id]) == {
        books.funding.id: -1,
        other.funding.id: -2,
        other.fees.id: 0,
    }
