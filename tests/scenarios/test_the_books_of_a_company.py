"""What the company brought in is what lies in the wallets plus what other services are owed. Always."""

from __future__ import annotations

from decimal import Decimal

from tests.compliance.clients import api_as
from tests.scenarios.books import Books
from tests.wallets.scene import problem_of, send, transfer_body


def figures(books: Books) -> dict[str, str]:
    cast = books.cast
    return {
        "funding": books.funding(),
        "clearing": books.clearing(),
        "alice": books.balance(cast.alice),
        "bob": books.balance(cast.bob),
        "charlie": books.balance(cast.charlie),
    }


def check_sum(books: Books) -> Decimal:
    return sum(map(Decimal, figures(books).values()), Decimal(0))


def test_every_kind_of_movement_shows_on_both_sides(books: Books) -> None:
    alice, bob, charlie = books.cast.alice, books.cast.bob, books.cast.charlie
    books.top_up(alice, "600.00", on="1 March")
    books.top_up(bob, "900.00", on="1 March")
    assert figures(books) == {
        "funding": "-1500.00",
        "clearing": "0.00",
        "alice": "600.00",
        "bob": "900.00",
        "charlie": "0.00",
    }
    books.book(alice, "89.90", "Train", on="4 March", reference="T-1")
    books.book(bob, "310.00", "Conference fee", on="5 March")
    books.refund(alice, "89.90", "Refund of the train", on="6 March", reference="T-1")
    books.pay(bob, charlie, "40.10", "Half of the taxi", on="7 March")
    assert figures(books) == {
        "funding": "-1500.00",
        "clearing": "310.00",
        "alice": "600.00",
        "bob": "549.90",
        "charlie": "40.10",
    }
    assert check_sum(books) == 0


def test_refusals_and_repetitions_do_not_show_at_all(books: Books) -> None:
    alice, bob = books.cast.alice, books.cast.bob
    books.top_up(alice, "100.00", on="1 March")
    before = figures(books)
    too_much = transfer_body(books.wallet(alice), books.wallet(bob), "100.01")
    gate = problem_of(send(api_as(alice), "/v1/transfers", too_much), 422, "funds.insufficient")["gates"][0]
    assert (gate["required"], gate["available"], gate["shortfall"]) == ("100.01", "100.00", "0.01")
    assert figures(books) == before

    lunch = transfer_body(books.wallet(alice), books.wallet(bob), "12.50")
    answers = [send(api_as(alice), "/v1/transfers", lunch, key="lunch") for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert figures(books) == {**before, "alice": "87.50", "bob": "12.50"}
    assert check_sum(books) == 0


def test_a_batch_that_is_one_unit_leaves_all_or_nothing(books: Books) -> None:
    alice, bob, charlie = books.cast.alice, books.cast.bob, books.cast.charlie
    books.top_up(alice, "100.00", on="1 March")
    before = figures(books)
    purse, bobs, charlies = books.wallet(alice), books.wallet(bob), books.wallet(charlie)
    rows = [
        transfer_body(purse, bobs, "60.00", idempotency_key="r-1"),
        transfer_body(purse, charlies, "40.01", idempotency_key="r-2"),
    ]
    finance = api_as(books.cast.frida)
    refused = finance.post("/v1/transfers/batch", {"atomic": True, "transfers": rows})
    assert problem_of(refused, 422, "funds.insufficient")["index"] == 1
    assert figures(books) == before

    rows[1] = transfer_body(purse, charlies, "40.00", idempotency_key="r-3")
    done = finance.post("/v1/transfers/batch", {"atomic": True, "transfers": rows})
    assert [row["status"] for row in done.json()["results"]] == ["COMPLETED", "COMPLETED"]
    assert figures(books) == {**before, "alice": "0.00", "bob": "60.00", "charlie": "40.00"}
    assert check_sum(books) == 0
