"""BookingCreated that asks to hold, and what becomes of it when it is cancelled (R76, R77, R164)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.models import OutboxMessage, Reservation, Transaction
from ledger.selectors.balances import system_balances
from ledger.services.holds import expire_holds
from tests.compliance.clients import api_as
from tests.wallets.holds import figures, let_expire, step
from tests.wallets.incoming import answers_about, booked, broken, cancelled, make_due, outcome_of, row_of, take
from tests.wallets.scene import Scene, available, nothing_moved, nothing_recorded, set_status
from wallets.services.bookings import clearing_account
from wallets.services.incoming import retry_due_events

DONE = ("PROCESSED", "")


def held(scene: Scene, amount: str = "30.00", *, booking: str = "B-1", **more: Any) -> dict[str, Any]:
    envelope = booked(scene.cast.alice, amount, booking=booking)
    envelope["data"] |= {"hold": True, **more}
    return envelope


def hold_of(booking: str = "B-1") -> Reservation:
    return Reservation.objects.select_related("transaction").get(
        transaction__reference_id=booking, transaction__reference_type="booking"
    )


def seconds_of(hold: Reservation) -> float:
    return (hold.expires_at - hold.created_at).total_seconds()


def capture(scene: Scene, amount: str, *, final: bool) -> None:
    body = {"amount": amount, "final": final}
    response = step(api_as(scene.cast.bookings), str(hold_of().id), "capture", key=f"capture-{amount}", **body)
    assert response.status_code == 200, response.json()


def owed(scene: Scene) -> str:
    """What the other services are owed."""
    id = clearing_account(scene.cast.company.id, "EUR").id
    return f"{system_balances([id]).get(id, 0):.2f}"


def test_the_money_is_set_aside_for_half_an_hour(scene: Scene) -> None:
    receipt = take(held(scene))
    assert outcome_of(receipt) == DONE
    assert figures(scene.alices) == (70, 30, 0)
    hold = hold_of()
    assert (hold.status, hold.transaction_id, seconds_of(hold)) == ("ACTIVE", receipt.transaction_id, 1800)
    told = OutboxMessage.objects.get(aggregate_id=scene.alices.id, type="ReservationCreated")
    assert (told.data["reference_type"], told.data["reference_id"], told.data["amount"]) == ("booking", "B-1", "30")
    assert not broken()


def test_a_deadline_may_be_named(scene: Scene) -> None:
    take(held(scene, expires_in=90))
    assert seconds_of(hold_of()) == 90


@pytest.mark.parametrize(
    "more", [{"hold": False, "expires_in": 90}, {"expires_in": 0}, {"expires_in": 2_592_001}, {"hold": "yes"}]
)
def test_what_makes_no_sense_fails(scene: Scene, more: dict[str, Any]) -> None:
    with nothing_recorded():
        assert outcome_of(take(held(scene, **more))) == ("FAILED", "request.validation")


def test_a_refused_one_is_answered_with_the_gates(scene: Scene) -> None:
    envelope = held(scene, "100.01")
    with nothing_moved():
        assert outcome_of(take(envelope)) == ("PROCESSED", "funds.insufficient")
    (answer,) = answers_about(scene.alices)
    assert (answer.sequence, answer.data["booking_id"], answer.data["code"]) == (2, "B-1", "funds.insufficient")
    assert answer.data["in_reply_to"] == {"source": "booking-service", "event_id": envelope["event_id"]}
    assert [gate["shortfall"] for gate in answer.data["gates"]] == ["0.01"]
    assert not broken()


def test_a_booking_is_made_once_be_it_held_or_not(scene: Scene) -> None:
    take(held(scene))
    with nothing_recorded():
        assert outcome_of(take(held(scene))) == DONE
        for other in (held(scene, expires_in=90), booked(scene.cast.alice, booking="B-1")):
            assert outcome_of(take(other)) == ("FAILED", "transfer.duplicate_reference")


def test_what_is_captured_goes_where_a_debit_goes(scene: Scene) -> None:
    take(held(scene))
    capture(scene, "30.00", final=True)
    assert (figures(scene.alices), owed(scene)) == ((70, 0, 0), "30.00")
    assert hold_of().transaction.state == "COMPLETED"
    assert not broken()


def test_cancelled_it_is_released(scene: Scene) -> None:
    receipt = take(held(scene))
    undone = take(cancelled("B-1"))
    assert (outcome_of(undone), undone.transaction_id) == (DONE, receipt.transaction_id)
    assert figures(scene.alices) == (100, 0, 0)
    assert (hold_of().status, hold_of().transaction.state) == ("RELEASED", "CANCELLED")
    assert OutboxMessage.objects.filter(aggregate_id=scene.alices.id, type="ReservationReleased").count() == 1
    assert not broken()


def test_cancelled_twice_it_is_released_once(scene: Scene) -> None:
    take(held(scene))
    take(cancelled("B-1"))
    with nothing_recorded():
        assert outcome_of(take(cancelled("B-1"))) == DONE
        assert outcome_of(take(cancelled("B-1", "30.00"))) == ("FAILED", "refund.exceeds_original")


def test_what_was_captured_of_it_is_refunded_and_the_rest_released(scene: Scene) -> None:
    take(held(scene))
    capture(scene, "12.00", final=False)
    assert figures(scene.alices) == (70, 18, 0)
    assert outcome_of(take(cancelled("B-1"))) == DONE
    assert (figures(scene.alices), owed(scene)) == ((100, 0, 0), "0.00")
    refund = Transaction.objects.get(type="REFUND", reference_id="B-1")
    assert (refund.amount, refund.original_transaction_id) == (12, hold_of().transaction_id)
    assert not broken()


def test_when_all_of_it_is_settled_what_was_captured_is_refunded(scene: Scene) -> None:
    take(held(scene))
    capture(scene, "12.00", final=True)
    assert outcome_of(take(cancelled("B-1", "12.01"))) == ("FAILED", "refund.exceeds_original")
    assert outcome_of(take(cancelled("B-1", "5.00"))) == DONE
    assert outcome_of(take(cancelled("B-1"))) == DONE
    assert (figures(scene.alices), owed(scene)) == ((100, 0, 0), "0.00")
    assert not broken()


def test_what_is_held_is_cancelled_as_a_whole(scene: Scene) -> None:
    take(held(scene))
    with nothing_recorded():
        assert outcome_of(take(cancelled("B-1", "10.00"))) == ("FAILED", "request.validation")
        assert outcome_of(take(cancelled("B-1", "30.01"))) == ("FAILED", "refund.exceeds_original")
    assert outcome_of(take(cancelled("B-1", "30.00"))) == DONE
    assert available(scene.alices) == 100


def test_what_is_cancelled_before_it_is_held_waits_for_it(scene: Scene) -> None:
    early = cancelled("B-1")
    assert take(early).waiting_for == "booking:B-1"
    take(held(scene))
    assert row_of(early).status == "PROCESSED"
    assert figures(scene.alices) == (100, 0, 0)


def test_what_has_expired_comes_back_by_itself(scene: Scene) -> None:
    """The cancellation waits until that is recorded, and finds nothing to do."""
    take(held(scene))
    let_expire({"reservation_id": hold_of().id})
    late = cancelled("B-1")
    with nothing_recorded():
        receipt = take(late)
    assert (receipt.status, receipt.waiting_for) == ("PENDING", f"hold:{hold_of().id}")
    assert expire_holds() == 1
    make_due(row_of(late))
    retry_due_events()
    assert (row_of(late).status, row_of(late).error_code) == DONE
    assert figures(scene.alices) == (100, 0, 0)


def test_what_a_provider_has_is_not_released(scene: Scene) -> None:
    take(held(scene))
    response = step(
        api_as(scene.cast.bookings), str(hold_of().id), "progress", state="SENT_TO_PROVIDER", reason="Sent."
    )
    assert response.status_code == 200, response.json()
    with nothing_moved():
        assert outcome_of(take(cancelled("B-1"))) == ("FAILED", "precondition.failed")


def test_a_frozen_wallet_gets_back_what_it_holds(scene: Scene) -> None:
    take(held(scene))
    set_status(scene.alices, "FROZEN", by=scene.cast.frida)
    assert outcome_of(take(cancelled("B-1"))) == DONE
    assert available(scene.alices) == 100
