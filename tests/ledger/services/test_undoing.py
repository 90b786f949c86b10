"""Refunds and reversals through the journal: what they write, and what they find when others were faster."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from ledger.errors import Busy
from ledger.models import Event, OutboxMessage, Transaction
from ledger.services import journal
from ledger.services.journal import Outcome
from tests.ledger.books import (
    Books,
    assert_sound,
    balance,
    code_of,
    figures,
    post,
    row_counts,
    stored_hold,
)
from tests.ledger.envelopes import budget


def document_of(document_id: UUID) -> tuple[str, Decimal, int]:
    row = Transaction.objects.get(id=document_id)
    return row.state, row.refunded_amount, row.version


def test_a_refund_leaves_a_document_of_its_own_and_a_word_to_the_original(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "40", reference_id="inv-7")
    post(paid)
    before = row_counts()
    command = books.refund(paid.document.id, "15")
    (outcome,) = post(command)
    assert outcome.result is not None
    now = outcome.result.recorded_at
    added = {table: count - before[table] for table, count in row_counts().items() if count != before[table]}
    assert added == {
        "ledger_command": 1, "ledger_event": 2, "ledger_posting": 2, "ledger_transaction": 1, "ledger_outboxmessage": 2,
    }  # fmt: skip
    row = Transaction.objects.get(id=command.document.id)
    assert (row.type, row.state, row.amount, row.fee_amount, row.original_transaction_id, row.completed_at) == (
        "REFUND", "COMPLETED", 15, 0, paid.document.id, now,
    )  # fmt: skip
    assert (row.source_wallet_id, row.destination_wallet_id, row.reference_id) == (
        bob.wallet_id, alice.wallet_id, "inv-7",
    )  # fmt: skip
    assert document_of(paid.document.id) == ("COMPLETED", 15, 2)
    told = Event.objects.get(stream_id=paid.document.id, seq=2)
    assert (told.type, told.command_id, told.recorded_at, told.data["undone_by"]) == (
        "TransactionRefunded", command.id, now, str(command.document.id),
    )  # fmt: skip
    assert (figures(alice), figures(bob)) == ((75, 0, 0), (25, 0, 0))


def test_refunds_repeat_until_nothing_is_left(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet("100")
    paid = books.transfer(alice, bob, "40")
    post(paid)
    codes = [code_of(post(books.refund(paid.document.id, amount))[0]) for amount in ("15", "25.01", "25", "0.01")]
    assert codes == [None, "refund.exceeds_original", None, "refund.exceeds_original"]
    assert document_of(paid.document.id) == ("COMPLETED", 40, 3)
    assert code_of(post(books.reverse(paid.document.id))[0]) == "transaction.not_reversible"
    assert (balance(alice), balance(bob)) == (100, 100)


def test_refunds_of_one_batch_know_of_each_other(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "40")
    post(paid)
    outcomes = post(
        books.refund(paid.document.id, "30"), books.refund(paid.document.id, "11"), books.refund(paid.document.id, "10")
    )
    assert [code_of(outcome) for outcome in outcomes] == [None, "refund.exceeds_original", None]
    assert document_of(paid.document.id) == ("COMPLETED", 40, 3)
    assert_sound()


def test_a_reversal_brings_back_fee_and_envelopes(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    with_fee = books.transfer_with_fee(alice, bob, "40", "0.5")
    post(with_fee)
    reversal = books.reverse(with_fee.document.id)
    assert code_of(post(reversal)[0]) is None
    row = Transaction.objects.get(id=reversal.document.id)
    assert (row.type, row.amount, row.fee_amount, row.total_amount) == ("REVERSAL", 40, Decimal("0.5"), Decimal("40.5"))
    assert document_of(with_fee.document.id) == ("REVERSED", 40, 2)
    assert (balance(alice), balance(bob), balance(books.fees)) == (100, 0, 0)
    travel = budget(books.company_id, "50")
    hold = books.hold(alice, "30", destination=bob, allowances=(travel.allowance(),))
    post(books.capture(hold, "20"))
    post(books.refund(hold.transaction_id, "5"))
    assert (travel.figures, figures(alice), figures(bob)) == ([35, 0, 15], (85, 0, 0), (15, 0, 0))
    again = books.hold(alice, "10", allowances=(travel.allowance(),))
    post(books.capture(again))
    post(books.reverse(again.transaction_id))
    assert (travel.figures, figures(alice), balance(books.payees)) == ([35, 0, 15], (85, 0, 0), 0)
    assert_sound()


def test_the_fee_stays_with_a_refund(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer_with_fee(alice, bob, "40", "0.5")
    post(paid)
    assert code_of(post(books.refund(paid.document.id, "40"))[0]) is None
    assert (balance(alice), balance(bob), balance(books.fees)) == (Decimal("99.5"), 0, Decimal("0.5"))


def test_what_a_hold_has_paid_can_be_refunded_and_no_more(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    assert code_of(post(books.refund(hold.transaction_id, "1"))[0]) == "transaction.not_reversible"
    post(books.capture(hold, "12"))
    assert code_of(post(books.refund(hold.transaction_id, "12.01"))[0]) == "refund.exceeds_original"
    assert code_of(post(books.refund(hold.transaction_id, "12"))[0]) is None
    assert (figures(alice), balance(books.payees)) == ((100, 0, 0), 0)
    assert code_of(post(books.release(stored_hold(hold.id)))[0]) == "reservation.not_open"
    assert document_of(hold.transaction_id) == ("COMPLETED", 12, 4)  # made, captured, refunded, refused


def test_what_was_given_back_wholly_moved_nothing_to_undo(books: Books) -> None:
    hold = books.hold(books.wallet("100"), "30")
    post(books.release(hold))
    assert code_of(post(books.reverse(hold.transaction_id))[0]) == "transaction.not_reversible"


def test_when_the_receiver_has_spent_it_nothing_moves(books: Books) -> None:
    alice, bob, charlie = books.wallet("100"), books.wallet(), books.wallet()
    paid = books.transfer(alice, bob, "40")
    post(paid, books.transfer(bob, charlie, "30"))
    reversal = books.reverse(paid.document.id)
    assert code_of(post(reversal)[0]) == "funds.insufficient"
    assert [balance(wallet) for wallet in (alice, bob, charlie)] == [60, 10, 30]
    assert document_of(paid.document.id) == ("COMPLETED", 0, 1)
    assert document_of(reversal.document.id) == ("FAILED", 0, 1)
    message = OutboxMessage.objects.get(aggregate_id=reversal.document.id)
    assert (message.type, message.data["code"]) == ("TransactionFailed", "funds.insufficient")


@pytest.mark.parametrize("kind", ["refund", "reverse"])
def test_what_undoes_cannot_be_undone(books: Books, kind: str) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "40")
    post(paid)
    refund = books.refund(paid.document.id, "10")
    post(refund)
    again = books.refund(refund.document.id, "1") if kind == "refund" else books.reverse(refund.document.id)
    assert code_of(post(again)[0]) == "transaction.not_reversible"
    assert balance(alice) == 70


def test_a_refund_asked_again_is_answered_and_not_made_again(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "40")
    post(paid)
    (first,) = post(books.refund(paid.document.id, "10", key="complaint"))
    before = row_counts()
    assert post(books.refund(paid.document.id, "10", key="complaint")) == [Outcome(first.reply, replayed=True)]
    assert post(books.refund(paid.document.id, "11", key="complaint"))[0].key_reused
    assert (row_counts(), document_of(paid.document.id)) == (before, ("COMPLETED", 10, 2))


def test_a_rehearsed_reversal_leaves_nothing(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer(alice, bob, "40")
    post(paid)
    before = row_counts()
    (result,) = journal.rehearse([books.reverse(paid.document.id)])
    assert (result.refusal, result.wallet(alice.wallet_id).balance) == (None, 100)
    assert (row_counts(), document_of(paid.document.id), balance(alice)) == (before, ("COMPLETED", 0, 1), 60)


def test_whoever_looked_before_a_capture_is_asked_to_come_again(books: Books) -> None:
    """What was looked up was an open hold: its accounts and its amount are others now."""
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30")
    refund, reversal = books.refund(hold.transaction_id, "1"), books.reverse(hold.transaction_id)
    post(books.capture(hold, "10", final=False, destination=bob))
    half_way = books.reverse(hold.transaction_id)
    post(books.capture(stored_hold(hold.id), "5"))
    before = row_counts()
    for command in (refund, reversal, half_way):
        with pytest.raises(Busy):
            post(command)
    assert (row_counts(), balance(bob)) == (before, 15)
    assert code_of(post(books.reverse(hold.transaction_id))[0]) is None
    assert figures(alice) == (100, 0, 0)


def test_accounts_that_another_command_of_the_batch_brings_are_not_enough(books: Books) -> None:
    """Each command writes the accounts that it names: one that it does not name would move and not be stored."""
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30")
    outdated = books.refund(hold.transaction_id, "1")
    post(books.capture(hold, "10", destination=bob))
    with pytest.raises(Busy):
        post(outdated, books.refund(hold.transaction_id, "2"))
    assert balance(bob) == 10
