"""Alice's March: what came in, what went out, and a statement that adds up."""

from __future__ import annotations

from tests.scenarios.books import Books, lines


def live_through_march(books: Books) -> None:
    alice, bob = books.cast.alice, books.cast.bob
    books.top_up(alice, "600.00", on="28 February")
    books.top_up(alice, "150.00", on="1 March")
    books.book(alice, "89.90", "Train Berlin–Hamburg", on="5 March")
    books.book(alice, "248.00", "Hotel in Hamburg, two nights", on="5 March", reference="H-1")
    books.pay(alice, bob, "17.35", "Lunch", on="6 March")
    books.refund(alice, "124.00", "Refund of one night", on="7 March", reference="H-1")
    books.pay(bob, alice, "5.00", "Coffee", on="20 March")


def test_opening_and_lines_make_closing(books: Books) -> None:
    live_through_march(books)
    assert books.statement(books.cast.alice, "1 March", "31 March") == lines("""
        01 Mar  Opening balance                         600.00
        01 Mar  Monthly allowance            +150.00    750.00
        05 Mar  Train Berlin–Hamburg          -89.90    660.10
        05 Mar  Hotel in Hamburg, two nights -248.00    412.10
        06 Mar  Lunch                         -17.35    394.75
        07 Mar  Refund of one night          +124.00    518.75
        20 Mar  Coffee                         +5.00    523.75
        31 Mar  Closing balance                         523.75
    """)
    assert books.balance(books.cast.alice) == "523.75"


def test_her_manager_has_the_other_side_of_the_lunch(books: Books) -> None:
    live_through_march(books)
    assert books.statement(books.cast.bob, "1 March", "31 March") == lines("""
        01 Mar  Opening balance                           0.00
        06 Mar  Lunch                         +17.35     17.35
        20 Mar  Coffee                         -5.00     12.35
        31 Mar  Closing balance                          12.35
    """)


def test_the_month_after_opens_with_what_the_month_before_closed_with(books: Books) -> None:
    live_through_march(books)
    assert books.statement(books.cast.alice, "1 April", "30 April") == lines("""
        01 Apr  Opening balance                         523.75
        30 Apr  Closing balance                         523.75
    """)


def test_the_balance_of_any_evening_can_be_asked_for(books: Books) -> None:
    live_through_march(books)
    evenings = ["27 February", "28 February", "5 March", "6 March", "19 March", "31 March"]
    balances = [books.balance_on(books.cast.alice, day) for day in evenings]
    assert balances == ["0.00", "600.00", "412.10", "394.75", "518.75", "523.75"]
