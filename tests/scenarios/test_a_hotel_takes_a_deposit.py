"""Alice checks in. The hotel has 300.00 set aside, charges the room and the minibar, and gives the rest back."""

from __future__ import annotations

from ledger.services.holds import expire_holds
from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.holds import figures, let_expire, reserve, step


def test_in_parts_and_the_rest_given_back(books: Books) -> None:
    alice, wallet = books.cast.alice, books.wallet(books.cast.alice)
    books.top_up(alice, "400.00", on="1 March")
    hotel = api_as(books.cast.bookings)

    deposit = reserve(books.cast.bookings, wallet, "300.00", purpose="Hotel Hafenblick", reference_id="stay-17")
    assert figures(wallet) == (100, 300, 0)

    step(hotel, deposit, "capture", key="room", amount="120.00", final=False)
    assert figures(wallet) == (100, 180, 0)
    step(hotel, deposit, "capture", key="minibar", amount="80.00", final=False)
    assert figures(wallet) == (100, 100, 0)
    checked_out = step(hotel, deposit, "release", key="out", reason="Checked out.").json()
    assert figures(wallet) == (200, 0, 0)

    assert (checked_out["captured_amount"], checked_out["released_amount"]) == ("200.00", "100.00")
    stay = api_as(alice).get(f"/v1/transactions/{deposit['txn_id']}").json()
    assert (stay["status"], stay["amount"], stay["description"]) == ("COMPLETED", "200.00", "Hotel Hafenblick")
    history = api_as(alice).get(f"/v1/transactions/{deposit['txn_id']}/events").json()["data"]
    assert [(event["type"], event["state"]) for event in history] == [
        ("ReservationCreated", "BALANCE_RESERVED"),
        ("ReservationCaptured", "BALANCE_RESERVED"),
        ("ReservationCaptured", "BALANCE_RESERVED"),
        ("ReservationReleased", "COMPLETED"),
    ]


def test_the_guest_who_never_came(books: Books) -> None:
    """Nobody charges anything. When the deadline passes, the money is hers again, and the hotel comes too late."""
    alice, wallet = books.cast.alice, books.wallet(books.cast.alice)
    books.top_up(alice, "400.00", on="1 March")
    deposit = reserve(books.cast.bookings, wallet, "300.00", purpose="Hotel Hafenblick")
    let_expire(deposit)
    too_late = step(api_as(books.cast.bookings), deposit, "capture")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "reservation.expired")
    expire_holds()
    assert figures(wallet) == (400, 0, 0)
    assert api_as(alice).get(f"/v1/transactions/{deposit['txn_id']}").json()["status"] == "CANCELLED"
