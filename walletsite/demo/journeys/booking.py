"""What another service does: it books, repeats itself, contradicts itself, and takes back."""

from __future__ import annotations

from walletsite.demo.journeys.cast import Cast, new_key
from walletsite.demo.journeys.client import Request
from walletsite.demo.journeys.stage import Actor, Stage


def booking(wallet: Actor, type: str, amount: str, reference: str, description: str) -> Request:
    """A credit or debit in euros on behalf of another service."""
    body = {
        "type": type,
        "amount": amount,
        "currency": "EUR",
        "description": description,
        "reference_type": "booking",
        "reference_id": reference,
    }
    return Request("POST", f"/v1/wallets/{wallet.wallet_id}/transactions", body)


def book_a_hotel(stage: Stage, cast: Cast) -> None:
    """Debit, replay, duplicate reference, refund, and both lines in the history."""
    mia, bookings, reference = cast.mia, cast.bookings, new_key()
    book = booking(mia, "DEBIT", "140.00", reference, "Hotel in Hamburg, one night")
    with stage.balances({mia: "-140.00"}):
        booked = stage.step(bookings, "debits a hotel night.", book, expect=201, type="DEBIT", status="COMPLETED")
    with stage.balances({mia: "0"}):
        again = stage.step(bookings, "delivers the same message twice.", book, expect=201)
        stage.require(again.is_replay and again.body == booked.body, "the first answer should have come again")
        dearer = booking(mia, "DEBIT", "150.00", reference, "Hotel in Hamburg, one night")
        code = "transfer.duplicate_reference"
        stage.step(bookings, "claims another price for the same booking.", dearer, expect=409, code=code)
    back = booking(mia, "CREDIT", "140.00", reference, "Refund: Hotel in Hamburg, one night")
    with stage.balances({mia: "140.00"}):
        stage.step(bookings, "refunds the cancelled night.", back, expect=201, type="CREDIT")
    look = Request("GET", f"/v1/wallets/{mia.wallet_id}/transactions?limit=2")
    history = stage.step(mia, "looks at her last two lines.", look, expect=200)
    lines = [(line["type"], line["amount"], line["reference_id"]) for line in history.body["transactions"]]
    promised = [("CREDIT", "140.00", reference), ("DEBIT", "140.00", reference)]
    stage.require(lines == promised, f"the history should end with the refund and the booking, it has {lines}")
