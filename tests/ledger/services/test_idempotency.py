"""A key works once: same request, same answer; another request, no (ADR 0005)."""

from __future__ import annotations

from dataclasses import replace

from ledger.services.claims import NO_REPLY
from ledger.services.journal import Outcome
from ledger.services.movements import AccountStatus
from tests.ledger.books import Books, balance, code_of, post, row_counts, status_change


def test_the_same_request_again_gets_the_first_answer(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    (first,) = post(books.transfer(alice, bob, "10", key="lunch"))
    before = row_counts()
    (second,) = post(books.transfer(alice, bob, "10", key="lunch"))
    assert second == Outcome(first.reply, replayed=True)
    assert (balance(alice), balance(bob)) == (90, 10)
    assert row_counts() == before


def test_a_refusal_stays_a_refusal_when_money_has_come(books: Books) -> None:
    alice, bob = books.wallet("5"), books.wallet()
    (refused,) = post(books.transfer(alice, bob, "10", key="lunch"))
    assert code_of(refused) == "funds.insufficient"
    post(books.deposit(alice, "100"))
    before = row_counts()
    (again,) = post(books.transfer(alice, bob, "10", key="lunch"))
    assert again == Outcome(refused.reply, replayed=True)
    assert row_counts() == before
    (with_new_key,) = post(books.transfer(alice, bob, "10", key="lunch, really"))
    assert code_of(with_new_key) is None
    assert balance(bob) == 10


def test_another_request_with_the_same_key_does_nothing(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    post(books.transfer(alice, bob, "10", key="lunch"))
    before = row_counts()
    (other,) = post(books.transfer(alice, bob, "11", key="lunch"))
    assert other == Outcome(NO_REPLY, key_reused=True)
    assert balance(bob) == 10
    assert row_counts() == before


def test_a_key_belongs_to_its_scope(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    mine = books.transfer(alice, bob, "10", key="lunch")
    theirs = replace(books.transfer(alice, bob, "20"), claim=replace(mine.claim, scope="somebody else"))
    assert [code_of(outcome) for outcome in post(mine, theirs)] == [None, None]
    assert balance(bob) == 30


def test_keys_may_hold_any_text(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    for key in ("NULL", " ", '"', "\\", "{a,b}", "ключ", "%s", "k" * 255):
        first, second = (post(books.transfer(alice, bob, "1", key=key))[0] for _ in range(2))
        assert second == Outcome(first.reply, replayed=True)
    assert balance(bob) == 8


def test_twins_in_one_batch_are_one_request(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    first, other, twin = post(
        books.transfer(alice, bob, "10", key="lunch"),
        books.transfer(alice, bob, "1"),
        books.transfer(alice, bob, "10", key="lunch"),
    )
    assert code_of(first) is None
    assert code_of(other) is None
    assert twin == Outcome(first.reply, replayed=True)
    assert balance(bob) == 11


def test_a_twin_of_a_refusal_is_refused_alike(books: Books) -> None:
    alice, bob = books.wallet("1"), books.wallet()
    first, twin = post(
        books.transfer(alice, bob, "10", key="lunch"),
        books.transfer(alice, bob, "10", key="lunch"),
    )
    assert code_of(first) == "funds.insufficient"
    assert twin == Outcome(first.reply, replayed=True)


def test_of_two_requests_with_one_key_in_one_batch_only_the_first_counts(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    first, reused = post(
        books.transfer(alice, bob, "10", key="lunch"),
        books.transfer(alice, bob, "20", key="lunch"),
    )
    assert code_of(first) is None
    assert reused == Outcome(NO_REPLY, key_reused=True)
    assert balance(bob) == 10


def test_old_and_new_requests_mix_in_a_batch(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    (known,) = post(books.transfer(alice, bob, "10", key="known"))
    replayed, fresh, reused = post(
        books.transfer(alice, bob, "10", key="known"),
        books.transfer(alice, bob, "20", key="fresh"),
        books.transfer(alice, bob, "30", key="known"),
    )
    assert replayed == Outcome(known.reply, replayed=True)
    assert code_of(fresh) is None
    assert reused.key_reused
    assert balance(bob) == 30


def test_an_opening_is_repeated_without_a_second_wallet(books: Books) -> None:
    alice = books.wallet("100")
    before = row_counts()
    assert post(books.opening(alice))[0].replayed
    assert balance(alice) == 100
    assert row_counts() == before


def test_opening_what_another_request_opened_is_refused(books: Books) -> None:
    alice = books.wallet("100")
    again = books.opening(alice)
    (outcome,) = post(replace(again, claim=replace(again.claim, scope="another way in")))
    assert code_of(outcome) == "wallet.already_exists"
    assert balance(alice) == 100


def test_a_status_change_has_a_key_of_its_own(books: Books) -> None:
    """PUT is idempotent by nature: the same status again is accepted and leaves no event."""
    alice = books.wallet()
    post(status_change(alice, AccountStatus.FROZEN))
    before = row_counts()
    (again,) = post(status_change(alice, AccountStatus.FROZEN))
    assert code_of(again) is None
    assert row_counts() == before | {"ledger_command": before["ledger_command"] + 1}


def test_of_very_many_twins_the_first_still_counts(books: Books) -> None:
    """A sort that is not told to keep the order of equals does not keep it."""
    alice, bob = books.wallet("1000"), books.wallet()
    outcomes = post(*(books.transfer(alice, bob, str(1 + n // 7), key=f"key {n % 7}") for n in range(350)))
    assert [n for n, outcome in enumerate(outcomes) if outcome.result] == list(range(7))
    assert all(outcome.key_reused for outcome in outcomes[7:])
    assert balance(bob) == 7
