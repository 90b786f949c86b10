"""A trip is booked, changed and cancelled; the booking service tells of it, not always in order and not only once."""

from __future__ import annotations

from tests.scenarios.books import Books
from tests.wallets.incoming import answers_about, booked, broken, cancelled, take


def test_a_trip_is_booked_changed_and_cancelled(books: Books) -> None:
    alice = books.cast.alice
    books.top_up(alice, "600.00", on="1 March")

    train = booked(alice, "180.00", booking="train-1")
    hotel = booked(alice, "320.00", booking="hotel-1")
    assert [take(train).status, take(hotel).status] == ["PROCESSED", "PROCESSED"]
    assert (books.balance(alice), books.clearing()) == ("100.00", "500.00")

    # A day is taken off: the booking service cancels a part of the hotel, and sends it twice.
    shorter = cancelled("hotel-1", "80.00")
    take(shorter)
    take(shorter)
    assert books.balance(alice) == "180.00"

    # An upgrade would cost more than alice has: the booking service gets its answer, with the figures.
    take(booked(alice, "200.00", booking="upgrade-1"))
    (answer,) = answers_about(books.wallet(alice))
    assert (answer.data["booking_id"], answer.data["code"]) == ("upgrade-1", "funds.insufficient")
    assert [(gate["gate"], gate["available"], gate["shortfall"]) for gate in answer.data["gates"]] == [
        ("funds", "180", "20")
    ]
    assert books.balance(alice) == "180.00"

    # The taxi's cancellation overtakes its booking.
    assert take(cancelled("taxi-1")).status == "PENDING"
    take(booked(alice, "35.00", booking="taxi-1"))
    assert books.balance(alice) == "180.00"

    # The trip is off. What the upgrade and the taxi took or did not take is all back already.
    for booking in ("train-1", "hotel-1", "upgrade-1", "taxi-1"):
        assert take(cancelled(booking)).status == "PROCESSED"
    assert (books.balance(alice), books.clearing(), books.funding()) == ("600.00", "0.00", "-600.00")

    # Somebody asks for more.
    assert take(cancelled("hotel-1", "1.00")).error_code == "refund.exceeds_original"
    assert books.balance(alice) == "600.00"
    assert not broken()
