"""What consumers are told of holds and of what is undone: each wallet that is touched, once, as it sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ledger.core.commands import AnyCommand
from ledger.core.stages import TransactionState
from ledger.models import OutboxMessage
from ledger.services.movements import Side
from tests.ledger.books import Books, account, code_of, post, stored_hold
from tests.ledger.services.test_messages import told_of


def last(wallet: Side) -> tuple[str, dict[str, Any]]:
    """The last message of a wallet, whose number is the wallet's version."""
    sequence, type, data = told_of(wallet)[-1]
    assert sequence == account(wallet).version
    assert data.pop("wallet_id") == str(wallet.wallet_id)
    return type, data


def test_both_sides_are_told_of_a_hold_until_it_is_paid(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    command = books.reserve(alice, "30.50", destination=bob, reference_type="booking", reference_id="b-7")
    post(command)
    hold = stored_hold(command.hold_id)
    common = {
        "reservation_id": str(hold.id),
        "txn_id": str(hold.transaction_id),
        "amount": "30.5",
        "currency": "EUR",
        "captured_amount": "0",
        "released_amount": "0",
        "status": "ACTIVE",
        "expires_at": hold.expires_at.isoformat().replace("+00:00", "Z"),
        "reference_id": "b-7",
        "reference_type": "booking",
    }
    assert last(alice) == ("ReservationCreated", {**common, "new_balance": "69.5"})
    assert last(bob) == ("ReservationCreated", {**common, "new_balance": "0"})
    post(books.capture(hold, "20"))
    paid = {"amount": "20", "captured_amount": "20", "released_amount": "10.5", "status": "COMPLETED"}
    assert last(alice) == ("ReservationCaptured", {**common, **paid, "new_balance": "80"})
    assert last(bob) == (
        "TransactionCompleted",
        {
            "txn_id": str(hold.transaction_id),
            "amount": "20",
            "currency": "EUR",
            "type": "CREDIT",
            "reference_id": "b-7",
            "reference_type": "booking",
            "new_balance": "20",
        },
    )


def test_a_release_is_told_to_whoever_expected_it(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    post(books.release(hold))
    for wallet, balance in ((alice, "100"), (bob, "0")):
        type, data = last(wallet)
        assert (type, data["amount"], data["released_amount"], data["status"], data["new_balance"]) == (
            "ReservationReleased", "30", "30", "RELEASED", balance,
        )  # fmt: skip


def test_each_step_raises_the_version_of_each_wallet_it_touches_by_one(books: Books) -> None:
    """The numbers of a wallet's messages are its versions, whichever of its accounts a step touches."""
    alice, bob, charlie = books.wallet("100"), books.wallet(), books.wallet()
    hold, other = books.hold(alice, "30", destination=bob), books.hold(alice, "10")
    steps: list[tuple[Callable[[], AnyCommand], tuple[int, int, int]]] = [
        (lambda: books.capture(hold, "5", final=False), (5, 3, 1)),
        (lambda: books.capture(other, "5", final=False, destination=charlie), (6, 3, 2)),
        (lambda: books.capture(hold, "500"), (6, 3, 2)),
        (lambda: books.extend(hold, timedelta(hours=1)), (6, 3, 2)),
        (lambda: books.advance(hold, TransactionState.SENT_TO_PROVIDER), (6, 3, 2)),
        (lambda: books.capture(hold), (7, 4, 2)),
        (lambda: books.refund(hold.transaction_id, "1"), (8, 5, 2)),
        (lambda: books.release(stored_hold(other.id)), (9, 5, 2)),
    ]
    for step, versions in steps:
        post(step())
        assert tuple(account(wallet).version for wallet in (alice, bob, charlie)) == versions
    for wallet in (alice, bob, charlie):
        numbers = [sequence for sequence, _, _ in told_of(wallet)]
        assert numbers == list(range(1, account(wallet).version + 1))


def test_a_batch_numbers_the_messages_of_its_steps_one_by_one(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    one, other = books.hold(alice, "30", destination=bob), books.hold(alice, "20", destination=bob)
    post(books.capture(one, "10", final=False), books.release(other), books.capture(one), books.deposit(alice, "1"))
    assert [type for _, type, _ in told_of(alice)[4:]] == [
        "ReservationCaptured", "ReservationReleased", "ReservationCaptured", "TransactionCompleted",
    ]  # fmt: skip
    assert [(sequence, data["new_balance"]) for sequence, _, data in told_of(bob)[3:]] == [
        (4, "10"), (5, "10"), (6, "30"),
    ]  # fmt: skip


def test_a_refused_step_is_nobodys_news(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    before = OutboxMessage.objects.count()
    assert code_of(post(books.capture(hold, "31"))[0]) == "reservation.capture_exceeds"
    assert OutboxMessage.objects.count() == before


def test_what_is_undone_is_told_as_a_movement_of_its_own(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    paid = books.transfer_with_fee(alice, bob, "40", "0.5", key="lunch")
    post(paid)
    reversal = books.reverse(paid.document.id)
    post(reversal)
    common = {
        "txn_id": str(reversal.document.id),
        "original_txn_id": str(paid.document.id),
        "currency": "EUR",
        "reference_id": "",
        "reference_type": "",
    }
    assert last(alice) == (
        "TransactionCompleted", {**common, "amount": "40.5", "type": "CREDIT", "new_balance": "100"},
    )  # fmt: skip
    assert last(bob) == ("TransactionCompleted", {**common, "amount": "40", "type": "DEBIT", "new_balance": "0"})
