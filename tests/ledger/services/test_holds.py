"""Holds through the journal: what one step writes, what batches and units of them do, and what goes on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from ledger.core.state import HoldStatus
from ledger.errors import Busy
from ledger.models import Command as CommandRow
from ledger.models import Event, Posting, Reservation, Transaction
from ledger.services import journal
from ledger.services.journal import Outcome
from ledger.services.movements import AccountStatus, Side
from tests.ledger import envelopes
from tests.ledger.books import (
    Books,
    account,
    assert_sound,
    balance,
    code_of,
    figures,
    post,
    row_counts,
    status_change,
    stored_hold,
)

COMPLETED, RELEASED = HoldStatus.COMPLETED, HoldStatus.RELEASED


def added(before: dict[str, int]) -> dict[str, int]:
    return {table: count - before[table] for table, count in row_counts().items() if count != before[table]}


def history(document_id: UUID) -> list[tuple[int, str]]:
    return list(Event.objects.filter(stream_id=document_id).order_by("seq").values_list("seq", "type"))


def document_of(document_id: UUID) -> tuple[str, Decimal, Decimal, int, UUID | None]:
    row = Transaction.objects.get(id=document_id)
    assert row.total_amount == row.amount + row.fee_amount
    return row.state, row.amount, row.refunded_amount, row.version, row.destination_wallet_id


def test_a_hold_leaves_one_row_of_each_kind(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    before = row_counts()
    command = books.reserve(alice, "30.25", destination=bob, reference_id="b-7", expires_in=timedelta(hours=1))
    (outcome,) = post(command)
    assert outcome.result is not None
    now = outcome.result.recorded_at
    assert added(before) == {
        "ledger_command": 1,
        "ledger_event": 1,
        "ledger_posting": 4,
        "ledger_transaction": 1,
        "ledger_outboxmessage": 2,
        "ledger_reservation": 1,
    }
    row = Reservation.objects.get(id=command.hold_id)
    assert (row.transaction_id, row.wallet_id, row.destination_wallet_id, row.asset_id) == (
        command.document.id, alice.wallet_id, bob.wallet_id, "EUR",
    )  # fmt: skip
    assert (row.amount, row.captured_amount, row.released_amount, row.status) == (Decimal("30.25"), 0, 0, "ACTIVE")
    assert (row.created_at, row.updated_at, row.expires_at) == (now, now, now + timedelta(hours=1))
    assert document_of(command.document.id) == ("BALANCE_RESERVED", Decimal("30.25"), 0, 1, bob.wallet_id)
    assert (figures(alice), figures(bob)) == ((Decimal("69.75"), 0, Decimal("30.25")), (0, Decimal("30.25"), 0))
    assert outcome.result.hold == stored_hold(command.hold_id)
    assert CommandRow.objects.get(id=command.id).transaction_id == command.document.id


def test_a_capture_goes_on_with_row_document_and_history(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    before = row_counts()
    command = books.capture(hold, "20")
    (outcome,) = post(command)
    assert outcome.result is not None
    assert added(before) == {
        "ledger_command": 1, "ledger_event": 1, "ledger_posting": 5, "ledger_outboxmessage": 2,
    }  # fmt: skip
    row = Reservation.objects.get(id=hold.id)
    assert (row.amount, row.captured_amount, row.released_amount, row.status) == (30, 20, 10, "COMPLETED")
    assert row.updated_at == outcome.result.recorded_at > row.created_at
    assert document_of(hold.transaction_id) == ("COMPLETED", 20, 0, 2, bob.wallet_id)
    assert Transaction.objects.get(id=hold.transaction_id).completed_at == outcome.result.recorded_at
    assert history(hold.transaction_id) == [(1, "ReservationCreated"), (2, "ReservationCaptured")]
    assert (figures(alice), figures(bob)) == ((80, 0, 0), (20, 0, 0))
    assert balance(books.expected) == 0
    assert CommandRow.objects.get(id=command.id).transaction_id == hold.transaction_id


def test_a_hold_is_paid_in_parts_until_nothing_is_left(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    for number, amount in enumerate(("7", "7.5", "15.5"), start=2):
        assert code_of(post(books.capture(stored_hold(hold.id), amount, final=False))[0]) is None
        state = "COMPLETED" if number == 4 else "BALANCE_RESERVED"
        assert document_of(hold.transaction_id) == (state, 30, 0, number, None)
    assert (figures(alice), balance(books.payees)) == ((70, 0, 0), 30)
    assert stored_hold(hold.id).status is COMPLETED


def test_what_was_paid_in_part_and_released_is_worth_what_was_paid(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    post(books.capture(hold, "7", final=False))
    post(books.release(stored_hold(hold.id)))
    assert document_of(hold.transaction_id) == ("COMPLETED", 7, 0, 3, None)
    assert (stored_hold(hold.id).status, figures(alice)) == (RELEASED, (93, 0, 0))


def test_the_first_capture_says_where_it_goes_for_good(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30")
    post(books.capture(hold, "7", final=False, destination=bob))
    assert document_of(hold.transaction_id) == ("BALANCE_RESERVED", 30, 0, 2, bob.wallet_id)
    (again,) = post(books.capture(stored_hold(hold.id), "3", final=False))
    assert code_of(again) is None
    (other,) = post(books.capture(stored_hold(hold.id), "3", destination=books.wallet()))
    assert code_of(other) == "precondition.failed"
    assert balance(bob) == 10


def test_a_capture_that_has_not_seen_whom_it_goes_to_is_asked_to_come_again(books: Books) -> None:
    """Somebody named bob between the look and the lock: paid outside, it would go where nobody wanted it."""
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30")
    command = books.capture(hold, "3", final=False)
    post(books.capture(hold, "7", final=False, destination=bob))
    before = row_counts()
    with pytest.raises(Busy):
        post(command)
    assert row_counts() == before
    assert code_of(post(books.capture(stored_hold(hold.id), "3", final=False))[0]) is None
    assert balance(bob) == 10


def test_a_refused_step_leaves_its_event_and_nothing_else(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    row, before, version = Reservation.objects.filter(id=hold.id).values().get(), row_counts(), account(alice).version
    (outcome,) = post(books.capture(hold, "31"))
    assert code_of(outcome) == "reservation.capture_exceeds"
    assert added(before) == {"ledger_command": 1, "ledger_event": 1}
    assert Reservation.objects.filter(id=hold.id).values().get() == row
    assert (figures(alice), account(alice).version) == ((70, 0, 30), version)
    assert document_of(hold.transaction_id) == ("BALANCE_RESERVED", 30, 0, 2, None)
    event = Event.objects.get(stream_id=hold.transaction_id, seq=2)
    assert (event.type, event.data["wanted"], event.data["code"]) == (
        "ReservationRefused", "CAPTURE", "reservation.capture_exceeds",
    )  # fmt: skip
    assert code_of(post(books.capture(stored_hold(hold.id), "30"))[0]) is None
    assert history(hold.transaction_id)[-1] == (3, "ReservationCaptured")


def test_a_refused_hold_leaves_a_failed_document(books: Books) -> None:
    alice = books.wallet("10")
    before = row_counts()
    command = books.reserve(alice, "10.01")
    assert code_of(post(command)[0]) == "funds.insufficient"
    assert added(before) == {
        "ledger_command": 1, "ledger_event": 1, "ledger_transaction": 1, "ledger_outboxmessage": 1,
    }  # fmt: skip
    assert document_of(command.document.id) == ("FAILED", Decimal("10.01"), 0, 1, None)
    assert figures(alice) == (10, 0, 0)


def test_envelopes_are_held_spent_and_given_back_with_the_money(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    budget, limit = envelopes.budget(books.company_id, "50"), envelopes.limit(books.company_id, "50")
    hold = books.hold(alice, "30", allowances=(budget.allowance(), limit.allowance()))
    assert (budget.figures, limit.figures) == ([20, 30, 0], [20, 30, 0])
    (refused,) = post(books.reserve(alice, "21", allowances=(limit.allowance(),)))
    assert code_of(refused) == "limit.exceeded"
    post(books.capture(hold, "12"))
    assert (budget.figures, limit.figures) == ([38, 0, 12], [38, 0, 12])
    assert figures(alice) == (88, 0, 0)
    other = books.hold(alice, "38", allowances=(budget.allowance(),))
    assert code_of(post(books.reserve(alice, "1", allowances=(budget.allowance(),)))[0]) == "budget.exceeded"
    post(books.release(other))
    assert (budget.figures, figures(alice)) == ([38, 0, 12], (88, 0, 0))
    assert_sound()


def test_a_capture_asked_again_is_answered_and_not_made_again(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    (first,) = post(books.capture(hold, "10", key="checkout", final=False))
    before = row_counts()
    (again,) = post(books.capture(stored_hold(hold.id), "10", key="checkout", final=False))
    assert again == Outcome(first.reply, replayed=True)
    (other,) = post(books.capture(stored_hold(hold.id), "11", key="checkout", final=False))
    assert other.key_reused
    assert (row_counts(), stored_hold(hold.id).captured) == (before, 10)


def test_a_refused_capture_stays_refused(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    post(status_change(alice, AccountStatus.FROZEN))
    (refused,) = post(books.capture(hold, key="checkout"))
    assert code_of(refused) == "wallet.frozen"
    post(status_change(alice, AccountStatus.ACTIVE))
    assert post(books.capture(stored_hold(hold.id), key="checkout")) == [Outcome(refused.reply, replayed=True)]
    assert stored_hold(hold.id).rest == 30


def test_a_rehearsed_capture_leaves_nothing(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    before = row_counts(), stored_hold(hold.id), figures(alice), document_of(hold.transaction_id)
    accepted, refused = journal.rehearse([books.capture(hold, "10", final=False), books.capture(hold, "21")])
    assert accepted.hold is not None
    assert (accepted.refusal, accepted.hold.captured, accepted.wallet(bob.wallet_id).balance) == (None, 10, 10)
    assert refused.refusal is not None
    assert (row_counts(), stored_hold(hold.id), figures(alice), document_of(hold.transaction_id)) == before


def test_a_wallet_with_something_held_or_expected_is_not_closed(books: Books) -> None:
    alice, bob = books.wallet("30"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    for side, left in ((alice, ("RESERVED", 30)), (bob, ("PENDING", 30))):
        (outcome,) = post(status_change(side, AccountStatus.CLOSED))
        assert outcome.result is not None
        assert outcome.result.refusal is not None
        assert outcome.result.refusal.blockers == (left,)
    post(books.release(hold))
    assert code_of(post(status_change(bob, AccountStatus.CLOSED))[0]) is None


def test_a_hold_in_another_currency_is_refused(books: Books) -> None:
    dollars = Books(books.company_id, "USD").open().wallet("50")
    assert code_of(post(books.reserve(dollars, "5"))[0]) == "currency.mismatch"
    hold = books.hold(books.wallet("50"), "5")
    assert code_of(post(books.capture(hold, destination=dollars))[0]) == "currency.mismatch"
    assert not Posting.objects.filter(account_id=Side(dollars.wallet_id, "USD").account_id, amount__lt=0).exists()
