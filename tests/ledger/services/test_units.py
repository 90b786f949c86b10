"""All or none: a refusal undoes the whole unit, and only the refused command is remembered."""

from __future__ import annotations

import pytest

from ledger.models import Command as CommandRow
from ledger.models import Transaction
from ledger.services.claims import NO_REPLY
from ledger.services.journal import Outcome
from ledger.services.movements import AccountStatus
from tests.ledger.books import Books, balance, code_of, post, row_counts, status_change


def keys(books: Books) -> dict[str, str | None]:
    """The keys that the ledger remembers of these books' movements, with the outcome."""
    rows = CommandRow.objects.filter(scope=f"books:{books.company_id}", key__startswith="#")
    return dict(rows.values_list("key", "outcome"))


def test_a_unit_without_refusal_is_posted(books: Books) -> None:
    alice, bob, charlie = books.wallet("10"), books.wallet(), books.wallet()
    outcomes = post(
        books.transfer(alice, bob, "10", key="#1"), books.transfer(bob, charlie, "10", key="#2"), all_or_none=True
    )
    assert [code_of(outcome) for outcome in outcomes] == [None, None]
    assert keys(books) == {"#1": "ACCEPTED", "#2": "ACCEPTED"}
    assert [balance(wallet) for wallet in (alice, bob, charlie)] == [0, 0, 10]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_refusal_undoes_all(books: Books, position: int) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    before = row_counts()
    amounts = ["1", "1", "1"]
    amounts[position] = "1000"
    outcomes = post(
        *(books.transfer(alice, bob, amount, key=f"#{i}") for i, amount in enumerate(amounts)), all_or_none=True
    )
    assert code_of(outcomes[position]) == "funds.insufficient"
    assert [outcome for i, outcome in enumerate(outcomes) if i != position] == [
        Outcome(NO_REPLY, blocked_by=position)
    ] * 2
    assert (balance(alice), balance(bob)) == (100, 0)
    assert keys(books) == {f"#{position}": "REFUSED"}
    added = {table: count - before[table] for table, count in row_counts().items()}
    assert added == {
        "ledger_account": 0,
        "ledger_command": 1,
        "ledger_event": 1,
        "ledger_posting": 0,
        "ledger_transaction": 1,
        "ledger_outboxmessage": 1,
        "ledger_reservation": 0,
    }


def test_the_refused_command_keeps_its_failed_document(books: Books) -> None:
    alice, bob = books.wallet("1"), books.wallet()
    good, bad = books.transfer(alice, bob, "1"), books.transfer(alice, bob, "1")
    post(good, bad, all_or_none=True)
    assert Transaction.objects.get(id=bad.document.id).state == "FAILED"
    assert not Transaction.objects.filter(id=good.document.id).exists()


def test_the_same_unit_again_is_refused_alike_even_when_money_has_come(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()

    def send() -> list[Outcome]:
        return post(
            books.transfer(alice, bob, "5", key="#1"),
            books.transfer(alice, bob, "50", key="#2"),
            all_or_none=True,
        )

    first = send()
    post(books.deposit(alice, "1000"))
    before = row_counts()
    assert send() == [Outcome(NO_REPLY, blocked_by=1), Outcome(first[1].reply, replayed=True)]
    assert (balance(alice), balance(bob)) == (1010, 0)
    assert row_counts() == before


def test_what_was_blocked_may_be_sent_alone(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    blocked = books.transfer(alice, bob, "5", key="#1")
    post(blocked, books.transfer(alice, bob, "50", key="#2"), all_or_none=True)
    (outcome,) = post(books.transfer(alice, bob, "5", key="#1"))
    assert code_of(outcome) is None
    assert keys(books) == {"#1": "ACCEPTED", "#2": "REFUSED"}
    assert balance(bob) == 5


def test_a_unit_with_a_key_of_another_request_is_stopped(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    post(books.transfer(alice, bob, "1", key="#2"))
    before = row_counts()
    outcomes = post(
        books.transfer(alice, bob, "2", key="#1"), books.transfer(alice, bob, "3", key="#2"), all_or_none=True
    )
    assert outcomes == [Outcome(NO_REPLY, blocked_by=1), Outcome(NO_REPLY, key_reused=True)]
    assert row_counts() == before


def test_what_was_accepted_before_counts_as_accepted(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    (earlier,) = post(books.transfer(alice, bob, "1", key="#1"))
    replayed, fresh = post(
        books.transfer(alice, bob, "1", key="#1"), books.transfer(alice, bob, "2", key="#2"), all_or_none=True
    )
    assert replayed == Outcome(earlier.reply, replayed=True)
    assert code_of(fresh) is None
    assert balance(bob) == 3


def test_twins_in_a_unit_share_its_fate(books: Books) -> None:
    alice, bob = books.wallet("10"), books.wallet()
    twins = [books.transfer(alice, bob, "1", key="#1") for _ in range(2)]
    first, second = post(*twins, all_or_none=True)
    assert second == Outcome(first.reply, replayed=True)
    bad = [books.transfer(alice, bob, "100", key="#2") for _ in range(2)]
    refused, twin = post(*bad, all_or_none=True)
    assert code_of(refused) == "funds.insufficient"
    assert twin == Outcome(NO_REPLY, blocked_by=0)
    assert balance(bob) == 1


def test_openings_and_status_changes_are_undone_too(books: Books) -> None:
    alice = books.wallet("10")
    before = row_counts()
    outcomes = post(
        status_change(alice, AccountStatus.FROZEN),
        books.payment(alice, "1", key="#1"),
        all_or_none=True,
    )
    assert code_of(outcomes[1]) == "wallet.frozen"
    assert row_counts()["ledger_event"] == before["ledger_event"] + 1
    assert code_of(post(books.payment(alice, "1"))[0]) is None
