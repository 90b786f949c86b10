"""What consumers are told: the seeds' fields (R73, R74), in a sequence without a gap that is the wallet's version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ledger import events
from ledger.models import OutboxMessage
from ledger.services.movements import AccountStatus, Side
from tests.ledger.books import Books, account, post, status_change


def told_of(wallet: Side) -> list[tuple[int, str, dict[str, Any]]]:
    """The messages of a wallet in order: sequence, type, data."""
    rows = OutboxMessage.objects.filter(aggregate_type="wallet", aggregate_id=wallet.wallet_id)
    return list(rows.order_by("sequence").values_list("sequence", "type", "data"))


def test_a_new_wallet_is_announced(books: Books) -> None:
    wallet = Side(UUID(int=1), "EUR")
    opening = books.opening(wallet)
    assert opening.announcement is not None
    post(opening)
    assert told_of(wallet) == [
        (
            1,
            "WalletCreated",
            {
                "wallet_id": str(wallet.wallet_id),
                "user_id": opening.announcement["user_id"],
                "initial_balance": "0",
                "currency": "EUR",
            },
        )
    ]


def test_a_transfer_is_told_to_both_sides_as_they_see_it(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    command = books.transfer_with_fee(alice, bob, "40.50", "0.5")
    post(command)
    common = {"txn_id": str(command.document.id), "currency": "EUR", "reference_id": "", "reference_type": ""}
    assert told_of(alice)[-1] == (
        3,
        "TransactionCompleted",
        {
            **common,
            "wallet_id": str(alice.wallet_id),
            "amount": "41",
            "type": "TRANSFER_OUT",
            "new_balance": "59",
        },
    )
    assert told_of(bob)[-1] == (
        2,
        "TransactionCompleted",
        {
            **common,
            "wallet_id": str(bob.wallet_id),
            "amount": "40.5",
            "type": "TRANSFER_IN",
            "new_balance": "40.5",
        },
    )


def test_credits_and_debits_are_called_so(books: Books) -> None:
    alice = books.wallet()
    post(
        books.deposit(alice, "10", reference_type="booking", reference_id="b-1"),
        books.payment(alice, "3", reference_type="booking", reference_id="b-2"),
    )
    assert [
        (data["type"], data["amount"], data["reference_type"], data["reference_id"], data["new_balance"])
        for _, _, data in told_of(alice)[1:]
    ] == [("CREDIT", "10", "booking", "b-1", "10"), ("DEBIT", "3", "booking", "b-2", "7")]


def test_a_status_change_is_told_with_its_reason(books: Books) -> None:
    alice = books.wallet()
    post(status_change(alice, AccountStatus.FROZEN, reason="lost phone"))
    assert told_of(alice)[-1] == (
        2,
        "WalletStatusChanged",
        {
            "wallet_id": str(alice.wallet_id),
            "old_status": "ACTIVE",
            "status": "FROZEN",
            "reason": "lost phone",
        },
    )


def test_a_failed_transaction_is_told_under_its_own_id(books: Books) -> None:
    alice, bob = books.wallet("1"), books.wallet()
    command = books.transfer(alice, bob, "2", reference_id="b-3", reference_type="booking")
    post(command)
    message = OutboxMessage.objects.get(aggregate_id=command.document.id)
    assert (message.aggregate_type, message.sequence, message.type) == ("transaction", 1, "TransactionFailed")
    assert message.data == {
        "txn_id": str(command.document.id),
        "wallet_id": str(alice.wallet_id),
        "amount": "2",
        "currency": "EUR",
        "type": "TRANSFER_OUT",
        "reference_id": "b-3",
        "code": "funds.insufficient",
    }


ANSWERS = {
    "booking_id": "b-3",
    "user_id": str(UUID(int=3)),
    "in_reply_to": {"source": "booking-service", "event_id": "e-3"},
}


def test_a_refused_booking_of_another_service_is_answered(books: Books) -> None:
    alice, bob = books.wallet("1"), books.wallet()
    command = books.transfer(alice, bob, "2.5", answers=ANSWERS)
    post(command)
    failed, rejected = OutboxMessage.objects.filter(aggregate_id=command.document.id).order_by("sequence")
    assert (failed.type, failed.sequence, rejected.type, rejected.sequence) == (
        "TransactionFailed",
        1,
        "BookingRejected",
        2,
    )
    assert rejected.data == {
        **ANSWERS,
        "txn_id": str(command.document.id),
        "wallet_id": str(alice.wallet_id),
        "amount": "2.5",
        "currency": "EUR",
        "code": "funds.insufficient",
        "gates": [
            {"gate": "funds", "id": str(alice.wallet_id), "required": "2.5", "available": "1", "shortfall": "1.5"}
        ],
    }


def test_a_booking_that_is_paid_is_told_as_any_movement(books: Books) -> None:
    alice, bob = books.wallet("5"), books.wallet()
    post(books.transfer(alice, bob, "2.5", answers=ANSWERS))
    assert not OutboxMessage.objects.filter(type="BookingRejected", data__wallet_id=str(alice.wallet_id)).exists()


def test_system_accounts_are_nobodys_news(books: Books) -> None:
    books.wallet("100")
    assert not OutboxMessage.objects.filter(aggregate_id=books.company_id).exists()


def test_the_sequence_has_no_gap_and_ends_with_the_version(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    for round in range(5):
        post(
            books.transfer(alice, bob, "1"),
            books.transfer(alice, bob, "1000"),
            status_change(bob, AccountStatus.SUSPENDED if round % 2 else AccountStatus.ACTIVE),
            books.transfer(bob, alice, "0.5"),
        )
    for wallet in (alice, bob):
        sequence = [number for number, _, _ in told_of(wallet)]
        assert sequence == list(range(1, account(wallet).version + 1))


def test_messages_wait_for_the_relay_and_are_as_old_as_their_event(books: Books) -> None:
    alice = books.wallet()
    (outcome,) = post(books.deposit(alice, "1"))
    assert outcome.result is not None
    message = OutboxMessage.objects.get(aggregate_id=alice.wallet_id, sequence=2)
    assert (message.status, message.attempts, message.published_at) == ("PENDING", 0, None)
    assert message.created_at == message.next_attempt_at == outcome.result.recorded_at


def test_an_envelope_is_a_cloud_event_with_the_seeds_fields() -> None:
    body = events.envelope(
        id=UUID(int=1),
        type="WalletCreated",
        version=2,
        aggregate_id=UUID(int=2),
        sequence=7,
        recorded_at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
        data={"wallet_id": str(UUID(int=2)), "currency": "EUR"},
    )
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": str(UUID(int=1)),
        "source": "/wallet-service",
        "type": "WalletCreated",
        "subject": str(UUID(int=2)),
        "time": "2026-03-01T12:00:00.000005Z",
        "sequence": "7",
        "datacontenttype": "application/json",
        "dataschema": "urn:wallet-service:events:WalletCreated:v2",
        "data": {
            "event_type": "WalletCreated",
            "timestamp": "2026-03-01T12:00:00.000005Z",
            "wallet_id": str(UUID(int=2)),
            "currency": "EUR",
        },
    }


@pytest.mark.parametrize(
    ("aggregate", "type", "key"),
    [
        ("wallet", "TransactionCompleted", "wallet.TransactionCompleted"),
        ("transaction", "TransactionFailed", "transaction.TransactionFailed"),
        ("transaction", "BookingRejected", "transaction.BookingRejected"),
    ],
)
def test_the_routing_key_names_aggregate_and_type(aggregate: str, type: str, key: str) -> None:
    assert events.routing_key(aggregate, type) == key
