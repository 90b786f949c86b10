"""Checkpoints of system accounts: exact at any time, whoever is late (design.md §4.6, trap 4)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from ledger.models import Account
from ledger.selectors.balances import system_balances
from ledger.services import journal
from ledger.services.folding import fold_system_accounts
from tests.ledger.books import Books, assert_sound, balance, post
from tests.ledger.sessions import answers, open_elsewhere, together


def checkpoint(id: UUID) -> Decimal:
    return Account.objects.get(id=id).balance


def test_a_fold_moves_the_tail_into_the_checkpoint(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    post(books.payment(alice, "30"))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (0, -70)
    assert fold_system_accounts() >= 2
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-70, -70)
    assert checkpoint(books.fees.id) == 0
    post(books.payment(alice, "20"))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-70, -50)


def test_folding_twice_changes_nothing_more(committed_books: Books) -> None:
    books = committed_books
    books.wallet("100")
    for _ in range(3):
        fold_system_accounts()
        assert (checkpoint(books.funding.id), balance(books.funding)) == (-100, -100)


def test_folding_in_many_places_at_once_changes_nothing_more(committed_books: Books) -> None:
    books = committed_books
    books.wallet("100")
    answers(together([fold_system_accounts] * 4))
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-100, -100)


def test_wallets_have_no_checkpoint(committed_books: Books) -> None:
    alice = committed_books.wallet("100")
    fold_system_accounts()
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
    fold_system_accounts()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-111, -111)
    assert_sound()


def test_a_rollback_is_not_counted(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("5")
    journal.rehearse([books.deposit(alice, "1")])
    fold_system_accounts()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (-5, -5)


def test_what_outgrows_the_column_stays_in_the_tail_and_stops_nobody(committed_books: Books) -> None:
    books, other = committed_books, Books().open()
    for _ in range(2):
        books.wallet("90000000000000000000")
    other.wallet("5")
    fold_system_accounts()
    assert (checkpoint(books.funding.id), balance(books.funding)) == (0, Decimal("-180000000000000000000"))
    assert (checkpoint(other.funding.id), balance(other.funding)) == (-5, -5)
    assert_sound()


def test_balances_of_many_accounts_come_together(committed_books: Books) -> None:
    books, other = committed_books, Books().open()
    books.wallet("1")
    other.wallet("2")
    assert system_balances([books.funding.id, other.funding.id, other.fees.id]) == {
        books.funding.id: -1,
        other.funding.id: -2,
        other.fees.id: 0,
    }
