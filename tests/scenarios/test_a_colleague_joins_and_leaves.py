"""Noor joins, gets a wallet with money on it, leaves, and the money goes back to the company."""

from __future__ import annotations

from typing import Any

from compliance.models import User
from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.scene import available, problem_of, send
from wallets.models import Wallet


def join(books: Books) -> tuple[User, Wallet]:
    finance = api_as(books.cast.frida)
    team_id = str(books.cast.bob.team_id)
    person = {"email": "noor@nordwind.example", "first_name": "Noor", "last_name": "Ahmadi", "team_id": team_id}
    user_id = finance.post("/v1/users", person).json()["user_id"]
    opening = {"user_id": user_id, "currency": "EUR", "initial_balance": "250.00"}
    wallet_id = finance.post("/v1/wallets", opening).json()["wallet_id"]
    return User.objects.get(id=user_id), Wallet.objects.select_related("user").get(id=wallet_id)


def close(books: Books, wallet: Wallet) -> Any:
    body = {"status": "CLOSED", "reason": "Left the company."}
    return api_as(books.cast.frida).put(f"/v1/wallets/{wallet.id}/status", body)


def test_the_company_pays_the_opening_balance(books: Books) -> None:
    before = books.funding()
    _, wallet = join(books)
    assert (available(wallet), before, books.funding()) == (250, "0.00", "-250.00")


def test_her_manager_sees_the_wallet_and_another_manager_would_not(books: Books) -> None:
    noor, wallet = join(books)
    assert api_as(books.cast.bob).get(f"/v1/wallets/{noor.id}").json()["wallet_id"] == str(wallet.id)
    problem_of(api_as(books.cast.charlie).get(f"/v1/wallets/{noor.id}"), 404, "not_found")


def test_she_has_one_primary_wallet(books: Books) -> None:
    noor, wallet = join(books)
    again = api_as(books.cast.frida).post("/v1/wallets", {"user_id": str(noor.id), "currency": "EUR"})
    assert problem_of(again, 409, "wallet.already_exists")["existing_id"] == str(wallet.id)
    assert (available(wallet), books.funding()) == (250, "-250.00")


def test_a_wallet_is_emptied_before_it_is_closed_and_then_stays_closed(books: Books) -> None:
    _, wallet = join(books)
    assert problem_of(close(books, wallet), 409, "wallet.not_empty")["blockers"] == [
        {"bucket": "AVAILABLE", "amount": "250.00"}
    ]
    rest = {"type": "DEBIT", "amount": "250.00", "currency": "EUR", "reference_type": "sweep", "reference_id": "S-1"}
    api_as(books.cast.bookings).post(f"/v1/wallets/{wallet.id}/transactions", rest)
    assert close(books, wallet).json()["status"] == "CLOSED"

    books.top_up(books.cast.alice, "50.00", on="1 March")
    present = {
        "from_wallet_id": str(books.wallet(books.cast.alice).id),
        "to_wallet_id": str(wallet.id),
        "amount": "5.00",
        "currency": "EUR",
    }
    problem_of(send(api_as(books.cast.alice), "/v1/transfers", present), 422, "wallet.closed")
    reopen = {"status": "ACTIVE", "reason": "Came back."}
    path = f"/v1/wallets/{wallet.id}/status"
    problem_of(api_as(books.cast.frida).put(path, reopen), 409, "wallet.invalid_transition")
    assert (available(wallet), books.balance(books.cast.alice)) == (0, "50.00")
    assert (books.funding(), books.clearing()) == ("-300.00", "250.00")
