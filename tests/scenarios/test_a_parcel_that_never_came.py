"""Alice orders three parcels from charlie's team shop for 60.00. One comes broken, one not at all."""

from __future__ import annotations

from typing import Any

from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.scene import send, transfer_body


def refund(books: Books, txn_id: str, amount: str, reason: str, *, key: str) -> Any:
    path = f"/v1/transactions/{txn_id}/refunds"
    return send(api_as(books.cast.frida), path, {"amount": amount, "reason": reason}, key=key)


def test_part_of_the_price_comes_back_but_never_more_than_was_paid(books: Books) -> None:
    alice, charlie = books.cast.alice, books.cast.charlie
    books.top_up(alice, "100.00", on="1 March")
    order = transfer_body(books.wallet(alice), books.wallet(charlie), "60.00", description="Three parcels")
    txn_id = send(api_as(alice), "/v1/transfers", order).json()["txn_id"]
    assert (books.balance(alice), books.balance(charlie)) == ("40.00", "60.00")

    refund(books, txn_id, "5.00", "One cup was broken.", key="cup")
    refund(books, txn_id, "20.00", "One parcel never came.", key="parcel")
    assert (books.balance(alice), books.balance(charlie)) == ("65.00", "35.00")

    everything = refund(books, txn_id, "40.00", "She is still angry.", key="angry")
    assert (everything.status_code, everything.json()["code"]) == (422, "refund.exceeds_original")
    assert everything.json()["detail"] == "Refused: 35.00 EUR available, this needs 40.00 EUR."
    assert (books.balance(alice), books.balance(charlie)) == ("65.00", "35.00")

    original = api_as(alice).get(f"/v1/transactions/{txn_id}").json()
    assert (original["status"], original["amount"], original["refunded_amount"]) == ("COMPLETED", "60.00", "25.00")
    history = api_as(alice).get(f"/v1/wallets/{books.wallet(alice).id}/transactions").json()["transactions"]
    assert [(line["type"], line["amount"], line["status"]) for line in history] == [
        ("CREDIT", "20.00", "COMPLETED"),
        ("CREDIT", "5.00", "COMPLETED"),
        ("TRANSFER_OUT", "60.00", "COMPLETED"),
        ("CREDIT", "100.00", "COMPLETED"),
    ]


def test_what_was_spent_on_cannot_be_called_back(books: Books) -> None:
    """Charlie has paid his supplier with it. The refund is refused, nothing moves, and it works once he has money."""
    alice, bob, charlie = books.cast.alice, books.cast.bob, books.cast.charlie
    books.top_up(alice, "100.00", on="1 March")
    order = transfer_body(books.wallet(alice), books.wallet(charlie), "60.00")
    txn_id = send(api_as(alice), "/v1/transfers", order).json()["txn_id"]
    supplies = transfer_body(books.wallet(charlie), books.wallet(bob), "50.00")
    send(api_as(charlie), "/v1/transfers", supplies)

    refused = refund(books, txn_id, "20.00", "It never came.", key="first")
    assert (refused.status_code, refused.json()["code"]) == (422, "funds.insufficient")
    assert (books.balance(alice), books.balance(charlie)) == ("40.00", "10.00")

    books.top_up(charlie, "30.00", on="20 March")
    assert refund(books, txn_id, "20.00", "It never came.", key="second").status_code == 201
    assert (books.balance(alice), books.balance(charlie)) == ("60.00", "20.00")
