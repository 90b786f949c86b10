"""BookingCreated and BookingCancelled: what the wallet pays and gets back (R76, R77)."""

from __future__ import annotations

import pytest

from ledger.ids import new_id
from ledger.models import OutboxMessage, Transaction
from ledger.selectors.balances import system_balances
from ledger.services.inbox import Delivery, Receipt
from tests.compliance.factories import ServiceAccountFactory, UserFactory
from tests.wallets.held import hold
from tests.wallets.incoming import answers_about, booked, broken, cancelled, outcome_of, row_of, take
from tests.wallets.scene import Scene, available, give_wallet, nothing_moved, nothing_recorded, set_status
from wallets.services.bookings import clearing_account

DONE = ("PROCESSED", "")


def document_of(receipt: Receipt) -> Transaction:
    assert receipt.transaction_id is not None
    return Transaction.objects.get(id=receipt.transaction_id)


def owed(scene: Scene) -> str:
    """What the other services are owed."""
    id = clearing_account(scene.cast.company.id, "EUR").id
    return f"{system_balances([id]).get(id, 0):.2f}"


def test_a_booking_is_debited_at_once(scene: Scene) -> None:
    receipt = take(booked(scene.cast.alice, booking="B-1"))
    assert outcome_of(receipt) == DONE
    assert (f"{available(scene.alices):.2f}", owed(scene)) == ("70.00", "30.00")
    document = document_of(receipt)
    assert (document.type, document.state, document.reference_type, document.reference_id, document.description) == (
        "PAYMENT",
        "COMPLETED",
        "booking",
        "B-1",
        "Train to Hamburg",
    )
    told = OutboxMessage.objects.get(aggregate_id=scene.alices.id, type="TransactionCompleted", sequence=3)
    assert (told.data["type"], told.data["reference_id"], told.data["new_balance"]) == ("DEBIT", "B-1", "70")
    assert not broken()


def test_the_wallet_that_is_named_pays(scene: Scene) -> None:
    savings = give_wallet(scene.cast.alice, "50", type="SAVINGS")
    envelope = booked(scene.cast.alice, booking="B-1")
    envelope["data"] |= {"wallet_id": str(savings.id), "category": "travel"}
    receipt = take(envelope)
    assert (available(savings), available(scene.alices)) == (20, 100)
    assert document_of(receipt).metadata == {"category": "travel"}


def test_a_wallet_of_somebody_else_does_not_pay(scene: Scene) -> None:
    envelope = booked(scene.cast.bob, booking="B-1")
    envelope["data"] |= {"wallet_id": str(scene.alices.id)}
    with nothing_recorded():
        assert outcome_of(take(envelope)) == ("FAILED", "request.validation")


def test_a_refused_booking_is_answered_with_the_gates(scene: Scene) -> None:
    envelope = booked(scene.cast.alice, "100.01", booking="B-1")
    with nothing_moved():
        receipt = take(envelope)
    assert outcome_of(receipt) == ("PROCESSED", "funds.insufficient")
    assert document_of(receipt).state == "FAILED"
    (answer,) = answers_about(scene.alices)
    assert (answer.aggregate_type, answer.aggregate_id, answer.sequence) == ("transaction", receipt.transaction_id, 2)
    assert answer.data == {
        "booking_id": "B-1",
        "user_id": str(scene.cast.alice.id),
        "in_reply_to": {"source": "booking-service", "event_id": envelope["event_id"]},
        "txn_id": str(receipt.transaction_id),
        "wallet_id": str(scene.alices.id),
        "amount": "100.01",
        "currency": "EUR",
        "code": "funds.insufficient",
        "gates": [
            {
                "gate": "funds",
                "id": str(scene.alices.id),
                "required": "100.01",
                "available": "100",
                "shortfall": "0.01",
            }
        ],
    }
    assert not broken()


@pytest.mark.parametrize(("status", "code"), [("SUSPENDED", "wallet.suspended"), ("FROZEN", "wallet.frozen")])
def test_a_wallet_that_may_not_pay_refuses(scene: Scene, status: str, code: str) -> None:
    set_status(scene.alices, status, by=scene.cast.frida)
    with nothing_moved():
        assert outcome_of(take(booked(scene.cast.alice, booking="B-1"))) == ("PROCESSED", code)
    assert [answer.data["code"] for answer in answers_about(scene.alices)] == [code]


def test_the_same_booking_in_another_event_is_paid_once(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    with nothing_recorded():
        assert outcome_of(take(booked(scene.cast.alice, booking="B-1"))) == DONE
        assert outcome_of(take(booked(scene.cast.alice, "31.00", booking="B-1"))) == (
            "FAILED",
            "transfer.duplicate_reference",
        )


def test_a_wallet_that_an_operation_holds_is_waited_for(scene: Scene) -> None:
    hold(scene.alices, by=scene.cast.frida)
    envelope = booked(scene.cast.alice, booking="B-1")
    with nothing_recorded():
        receipt = take(envelope)
    assert (receipt.status, receipt.attempts, receipt.waiting_for) == ("PENDING", 0, f"wallet:{scene.alices.id}")


def test_a_cancelled_booking_is_given_back_whole(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    receipt = take(cancelled("B-1"))
    assert outcome_of(receipt) == DONE
    assert (available(scene.alices), owed(scene)) == (100, "0.00")
    refund = document_of(receipt)
    assert (refund.type, refund.amount, refund.reference_id) == ("REFUND", 30, "B-1")
    assert not broken()


def test_a_booking_is_given_back_in_parts_and_never_beyond(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    assert outcome_of(take(cancelled("B-1", "10.00"))) == DONE
    assert available(scene.alices) == 80
    with nothing_recorded():
        receipt = take(cancelled("B-1", "20.01"))
    assert outcome_of(receipt) == ("FAILED", "refund.exceeds_original")
    assert receipt.error_detail == "Of this booking 20 EUR can still be given back, not 20.01."
    assert outcome_of(take(cancelled("B-1"))) == DONE
    assert available(scene.alices) == 100
    assert not broken()


def test_cancelling_twice_gives_back_once(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    take(cancelled("B-1"))
    with nothing_recorded():
        receipt = take(cancelled("B-1"))
    assert (outcome_of(receipt), receipt.transaction_id) == (DONE, None)


def test_a_refused_booking_took_nothing(scene: Scene) -> None:
    take(booked(scene.cast.alice, "1000.00", booking="B-1"))
    with nothing_recorded():
        assert outcome_of(take(cancelled("B-1"))) == DONE
        assert outcome_of(take(cancelled("B-1", "1.00"))) == ("FAILED", "refund.exceeds_original")


def test_a_frozen_wallet_is_not_paid(scene: Scene) -> None:
    take(booked(scene.cast.alice, booking="B-1"))
    set_status(scene.alices, "FROZEN", by=scene.cast.frida)
    with nothing_recorded():
        assert outcome_of(take(cancelled("B-1"))) == ("FAILED", "wallet.frozen")


def test_what_is_cancelled_before_it_is_booked_waits_for_it(scene: Scene) -> None:
    early = cancelled("B-1", "10.00")
    with nothing_recorded():
        receipt = take(early)
    assert (receipt.status, receipt.waiting_for) == ("PENDING", "booking:B-1")
    take(booked(scene.cast.alice, booking="B-1"))
    assert row_of(early).status == "PROCESSED"
    assert available(scene.alices) == 80


@pytest.mark.parametrize("type", ["BookingCreated", "BookingCancelled"])
def test_nothing_crosses_companies(scene: Scene, type: str) -> None:
    """A program speaks for its own company; what it says of others waits for something that never comes."""
    take(booked(scene.cast.alice, booking="B-1"))
    stranger = ServiceAccountFactory()
    delivery = Delivery(account_id=stranger.id, company_id=stranger.company_id)
    envelope = booked(scene.cast.alice, booking="B-2") if type == "BookingCreated" else cancelled("B-1")
    with nothing_recorded():
        assert take(envelope, delivery).status == "PENDING"


def test_a_booking_id_of_two_companies_is_not_guessed_at(scene: Scene) -> None:
    other = ServiceAccountFactory().company
    dora = UserFactory(company=other)
    give_wallet(dora, "100")
    booking = f"B-{new_id().hex}"
    take(booked(scene.cast.alice, booking=booking))
    take(booked(dora, booking=booking))
    with nothing_recorded():
        assert outcome_of(take(cancelled(booking))) == ("FAILED", "not_found")
