"""The hotel's invoice for 5 March arrives after the statement of March was printed."""

from __future__ import annotations

from ledger.selectors.balances import wallet_figures_at
from ledger.selectors.clock import database_now
from tests.scenarios.books import Books, lines


def test_it_stands_where_it_belongs_and_the_old_print_can_still_be_explained(books: Books) -> None:
    alice = books.cast.alice
    books.top_up(alice, "600.00", on="1 March")
    books.book(alice, "45.00", "Train to Bremen", on="20 March")
    printed = books.statement(alice, "1 March", "31 March")
    assert printed == lines("""
        01 Mar  Opening balance                           0.00
        01 Mar  Monthly allowance            +600.00    600.00
        20 Mar  Train to Bremen               -45.00    555.00
        31 Mar  Closing balance                         555.00
    """)
    day_of_print = database_now()

    books.book(alice, "130.00", "Hotel, invoice came late", on="5 March")

    assert books.statement(alice, "1 March", "31 March") == lines("""
        01 Mar  Opening balance                           0.00
        01 Mar  Monthly allowance            +600.00    600.00
        05 Mar  Hotel, invoice came late     -130.00    470.00
        20 Mar  Train to Bremen               -45.00    425.00
        31 Mar  Closing balance                         425.00
    """)
    assert books.balance_on(alice, "5 March") == "470.00"
    wallet = books.wallet(alice)
    as_printed = wallet_figures_at(wallet_id=wallet.id, asset="EUR", at=day_of_print, known_at=day_of_print)
    assert as_printed.available == 555
