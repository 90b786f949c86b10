"""A statement is drawn from one instant: what is posted while its lines are read is not in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial

import pytest

from ledger.selectors import statements
from ledger.selectors.statements import Statement, wallet_statement
from tests.ledger.sessions import in_own_session
from tests.wallets.api.drawn import at, fill
from tests.wallets.scene import book, make_scene
from wallets.models import Wallet

PERIOD = {"start": at("2024-03-01T00:00:00Z"), "end": at("2024-04-01T00:00:00Z")}


def draw(wallet: Wallet) -> Statement:
    return wallet_statement(wallet_id=wallet.id, asset=wallet.currency, **PERIOD)


def book_elsewhere(wallet: Wallet, key: str, day: str) -> None:
    """Post and commit in a session of its own."""
    effective_at = at(f"2024-{day}T12:00:00Z")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_own_session, partial(book, wallet, "5", key=key, effective_at=effective_at)).result()


def adds_up(drawn: Statement) -> list[Decimal]:
    """The amounts of the lines, which lead from the opening to the closing balance."""
    lines = list(drawn.lines())
    assert lines[-1].balance_after == drawn.closing_balance
    assert drawn.opening_balance + sum(line.amount for line in lines) == drawn.closing_balance
    assert len(lines) == drawn.line_count
    return [line.amount for line in lines]


@pytest.mark.parametrize("day", ["02-10", "03-01", "03-20"])
def test_a_posting_between_the_figures_and_the_lines(committed_db: None, day: str) -> None:
    wallet = make_scene().alices
    fill(wallet, 9)
    drawn, same = draw(wallet), draw(wallet)
    expected = adds_up(same)
    book_elsewhere(wallet, "between", day)
    assert adds_up(drawn) == expected
    assert adds_up(drawn) == expected, "it can be read again"
    later = draw(wallet)
    assert later.ledger_version == drawn.ledger_version + 1
    assert len(adds_up(later)) == len(expected) + (day != "02-10")


def test_a_posting_between_two_pieces_of_lines(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wallet = make_scene().alices
    fill(wallet, 9)
    expected = adds_up(draw(wallet))
    monkeypatch.setattr(statements, "LINES_AT_ONCE", 3)
    amounts = []
    for number, line in enumerate(draw(wallet).lines()):
        assert number < len(expected), "it never ends"
        book_elsewhere(wallet, f"between-{number}", "03-20")
        amounts.append(line.amount)
    assert amounts == expected
