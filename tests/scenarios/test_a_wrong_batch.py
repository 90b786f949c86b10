"""Finance paid bonuses from the wrong file. All of it is taken back together, or none of it."""

from __future__ import annotations

from typing import Any

from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.scene import send, transfer_body

FILE = {"bob": "120.00", "charlie": "80.00"}


def pay_bonuses(books: Books) -> list[str]:
    """From alice's wallet, which holds the team's money."""
    payer = books.wallet(books.cast.alice)
    rows = [
        {"idempotency_key": f"bonus-{name}", **transfer_body(payer, books.wallet(getattr(books.cast, name)), amount)}
        for name, amount in FILE.items()
    ]
    paid = api_as(books.cast.frida).post("/v1/transfers/batch", {"atomic": True, "transfers": rows})
    return [row["txn_id"] for row in paid.json()["results"]]


def take_back(books: Books, txn_ids: list[str], *, attempt: str) -> Any:
    rows = [{"idempotency_key": f"{attempt}-{id}", "txn_id": id, "reason": "The file of last year."} for id in txn_ids]
    return api_as(books.cast.frida).post("/v1/reversals/batch", {"atomic": True, "reversals": rows})


def balances(books: Books) -> tuple[str, str, str]:
    alice, bob, charlie = (books.balance(user) for user in (books.cast.alice, books.cast.bob, books.cast.charlie))
    return alice, bob, charlie


def test_as_a_whole_or_not_at_all(books: Books) -> None:
    cast = books.cast
    books.top_up(cast.alice, "500.00", on="1 March")
    txn_ids = pay_bonuses(books)
    assert balances(books) == ("300.00", "120.00", "80.00")

    spent = transfer_body(books.wallet(cast.charlie), books.wallet(cast.bob), "10.00", description="Cinema")
    send(api_as(cast.charlie), "/v1/transfers", spent)
    refused = take_back(books, txn_ids, attempt="first")
    assert (refused.status_code, refused.json()["code"], refused.json()["index"]) == (422, "funds.insufficient", 1)
    assert balances(books) == ("300.00", "130.00", "70.00")

    books.top_up(cast.charlie, "10.00", on="3 March")
    assert take_back(books, txn_ids, attempt="second").status_code == 200
    assert balances(books) == ("500.00", "10.00", "0.00")
    for txn_id in txn_ids:
        assert api_as(cast.frida).get(f"/v1/transactions/{txn_id}").json()["status"] == "REVERSED"

    again = take_back(books, txn_ids, attempt="third")
    assert (again.status_code, again.json()["code"]) == (422, "transaction.not_reversible")
    assert balances(books) == ("500.00", "10.00", "0.00")
