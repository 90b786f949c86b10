"""A dry run says what would happen, by the same code, and leaves no trace."""

from __future__ import annotations

from django.db import connection

from ledger.selectors.accounts import read_accounts
from ledger.services import journal
from ledger.services.movements import AccountStatus
from tests.ledger.books import Books, account, balance, code_of, post, row_counts, status_change


def sequences() -> list[tuple[str, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences ORDER BY 1")
        return list(cursor.fetchall())


def test_a_rehearsal_changes_nothing_at_all(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet("3")
    ids = [alice.account_id, bob.account_id, books.funding.id]
    before = row_counts(), sequences(), read_accounts(ids)[0]
    results = journal.rehearse(
        [
            books.transfer(alice, bob, "40"),
            books.transfer(bob, alice, "100"),
            status_change(bob, AccountStatus.FROZEN),
            books.deposit(bob, "1"),
        ]
    )
    codes = [result.refusal and result.refusal.code.value for result in results]
    assert codes == [None, "funds.insufficient", None, "wallet.frozen"]
    assert (row_counts(), sequences(), read_accounts(ids)[0]) == before


def test_a_rehearsal_tells_the_figures_before_and_after(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet("3")
    (result,) = journal.rehearse([books.transfer(alice, bob, "40")])
    assert (result.wallet(alice.wallet_id).balance, result.wallet(bob.wallet_id).balance) == (60, 43)
    assert (result.before[alice.account_id], result.before[bob.account_id]) == (account(alice), account(bob))


def test_a_rehearsal_uses_no_key_and_asks_for_none(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    journal.rehearse([books.transfer(alice, bob, "40", key="lunch")])
    assert code_of(post(books.transfer(alice, bob, "40", key="lunch"))[0]) is None
    (result,) = journal.rehearse([books.transfer(alice, bob, "50", key="lunch")])  # even a key that is taken
    assert result.refusal is None
    assert result.wallet(bob.wallet_id).balance == 90
    assert balance(bob) == 40


def test_the_real_thing_does_what_was_rehearsed(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    command = books.transfer_with_fee(alice, bob, "40", "0.4")
    (rehearsed,), (posted,) = journal.rehearse([command]), post(command)
    assert posted.result is not None
    assert (rehearsed.after, rehearsed.decision.gates) == (posted.result.after, posted.result.decision.gates)
