"""Alice loses her phone. Her manager freezes the wallet, and nothing moves until it is lifted."""

from __future__ import annotations

from typing import Any

from compliance.models import Caller, User
from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.scene import problem_of, send, transfer_body


def set_status(books: Books, owner: User, status: str, *, by: User) -> Any:
    wallet = books.wallet(owner)
    body = {"status": status, "reason": "Phone lost on the train."}
    return api_as(by).put(f"/v1/wallets/{wallet.id}/status", body)


def taxi(books: Books, owner: User, type: str, reference: str, *, by: Caller) -> Any:
    body = {"type": type, "amount": "23.40", "currency": "EUR", "reference_type": "booking", "reference_id": reference}
    return api_as(by).post(f"/v1/wallets/{books.wallet(owner).id}/transactions", body)


def test_a_frozen_wallet_neither_pays_nor_receives_and_works_again_afterwards(books: Books) -> None:
    alice, bob, bookings = books.cast.alice, books.cast.bob, books.cast.bookings
    books.top_up(alice, "100.00", on="1 March")
    assert taxi(books, alice, "DEBIT", "T-1", by=bookings).status_code == 201

    assert set_status(books, alice, "FROZEN", by=bob).json()["status"] == "FROZEN"

    problem_of(taxi(books, alice, "DEBIT", "T-2", by=bookings), 422, "wallet.frozen")
    problem_of(taxi(books, alice, "CREDIT", "T-1", by=bookings), 422, "wallet.frozen")
    lunch = transfer_body(books.wallet(alice), books.wallet(bob))
    problem_of(send(api_as(alice), "/v1/transfers", lunch), 422, "wallet.frozen")
    problem_of(set_status(books, alice, "ACTIVE", by=alice), 403, "auth.forbidden")
    assert (books.balance(alice), books.balance(bob)) == ("76.60", "0.00")

    assert set_status(books, alice, "ACTIVE", by=bob).json()["status"] == "ACTIVE"

    assert taxi(books, alice, "DEBIT", "T-3", by=bookings).json()["new_balance"] == "53.20"
    assert (books.balance(alice), books.clearing()) == ("53.20", "46.80")


def test_the_refused_taxi_stays_refused_when_it_is_sent_again(books: Books) -> None:
    alice, bob, bookings = books.cast.alice, books.cast.bob, books.cast.bookings
    books.top_up(alice, "100.00", on="1 March")
    set_status(books, alice, "FROZEN", by=bob)
    refused = taxi(books, alice, "DEBIT", "T-1", by=bookings)
    set_status(books, alice, "ACTIVE", by=bob)
    again = taxi(books, alice, "DEBIT", "T-1", by=bookings)
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (422, refused.content, "true")
    assert books.balance(alice) == "100.00"


def test_a_suspended_wallet_still_receives(books: Books) -> None:
    alice, bookings = books.cast.alice, books.cast.bookings
    books.top_up(alice, "100.00", on="1 March")
    assert set_status(books, alice, "SUSPENDED", by=alice).json()["status"] == "SUSPENDED"
    problem_of(taxi(books, alice, "DEBIT", "T-1", by=bookings), 422, "wallet.suspended")
    assert taxi(books, alice, "CREDIT", "T-2", by=bookings).json()["new_balance"] == "123.40"
