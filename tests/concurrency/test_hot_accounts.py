"""The company's own accounts under load: nobody waits for them, and their sum is exact at every instant, in the middle
of postings, late commits and folds (ADR 0011, design.md §4.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Event as Flag
from typing import Any
from uuid import UUID

import pytest

from ledger.core.commands import AnyCommand
from ledger.models import Account
from ledger.selectors.balances import system_balances
from ledger.selectors.snapshot import whole_ledger
from ledger.services import journal
from ledger.services.folding import fold_system_accounts
from ledger.services.movements import Side
from tests.ledger.books import Books, balance, code_of, post
from tests.ledger.sessions import answers, open_elsewhere, together, wait_until

SESSIONS, PER_SESSION = 8, 25
FEE = Decimal("0.25")


def of_one_instant(books: Books, wallets: list[Side]) -> tuple[Decimal, Decimal, Decimal]:
    """What funding, fees and the wallets hold, all of the same snapshot."""
    ids: list[UUID] = [wallet.account_id for wallet in wallets]
    with whole_ledger():
        held = sum(Account.objects.filter(id__in=ids).values_list("balance", flat=True), Decimal())
        own = system_balances([books.funding.id, books.fees.id])
    return own[books.funding.id], own[books.fees.id], held


def repeat(action: Callable[[], Any], until: Flag, seen: list[Any]) -> list[Any]:
    """What an action gives, over and over, until the flag is set; once more after that."""
    while not until.is_set():
        seen.append(action())
    return [*seen, action()]


def checkpoint(books: Books) -> Decimal:
    return Account.objects.get(id=books.funding.id).balance


@pytest.fixture
def wallets(books: Books) -> list[Side]:
    return [books.wallet("100") for _ in range(2 * SESSIONS)]


def postings_of(books: Books, wallets: list[Side], session: int) -> list[AnyCommand]:
    """Deposits, payments and transfers with a fee, on two wallets of this session's own: whatever is contended is
    the company's."""
    mine, other = wallets[2 * session : 2 * session + 2]
    kinds: list[Callable[[], AnyCommand]] = [
        lambda: books.deposit(mine, "3"),
        lambda: books.payment(other, "2"),
        lambda: books.transfer_with_fee(mine, other, "1", str(FEE)),
    ]
    return [kinds[n % 3]() for n in range(PER_SESSION)]


def test_the_sum_is_exact_at_every_instant(books: Books, wallets: list[Side]) -> None:
    """200 postings by eight sessions, one session that folds without a pause, one that looks without a pause. Postings
    wait for both now and then, so that on a busy machine too there is something to see."""
    hands = [postings_of(books, wallets, session) for session in range(SESSIONS)]
    is_over, running = Flag(), list(range(SESSIONS))
    before = checkpoint(books)

    folded: list[Any] = []
    looked: list[Any] = []

    def post_paced(number: int, command: AnyCommand) -> Any:
        wait_until(lambda: min(len(folded), len(looked)) >= number // 2)
        return code_of(post(command)[0])

    def work(hand: list[AnyCommand]) -> list[Any]:
        try:
            return [post_paced(number, command) for number, command in enumerate(hand)]
        finally:
            running.pop()
            if not running:
                is_over.set()

    actions: list[Callable[[], Any]] = [partial(work, hand) for hand in hands]
    actions.append(partial(repeat, fold_system_accounts, is_over, folded))
    actions.append(partial(repeat, partial(of_one_instant, books, wallets), is_over, looked))
    *codes, folds, seen = answers(together(actions))

    assert codes == [[None] * PER_SESSION] * SESSIONS
    assert [sum(figures) for figures in seen] == [0] * len(seen)
    assert len({funding for funding, _, _ in seen}) > 10, "it was looked at while things moved"
    assert len(folds) > 10
    # 9 deposits of 3 and 8 payments of 2 a session, 8 fees; 1,600 were brought in before.
    assert seen[-1] == (-(1600 + 8 * (27 - 16)), 8 * 8 * FEE, 1600 + 8 * (27 - 16) - 8 * 8 * FEE)
    assert checkpoint(books) != before, "folding moved on meanwhile"


def test_the_sum_is_exact_while_a_posting_is_late(books: Books, wallets: list[Side]) -> None:
    """One posting stays open while 60 others commit and folds go on: it counts for nobody until it commits, for all
    from then on, and no checkpoint has passed it by."""
    mine, other = wallets[:2]
    start, _, held = of_one_instant(books, wallets)
    with open_elsewhere(partial(journal.record, [books.deposit(mine, "1000")])):
        for n in range(60):
            post(books.deposit(other, "1"))
            fold_system_accounts()
            assert of_one_instant(books, wallets) == (start - n - 1, 0, held + n + 1)
    assert of_one_instant(books, wallets) == (start - 1060, 0, held + 1060)

    def is_folded() -> bool:
        fold_system_accounts()
        return checkpoint(books) == start - 1060

    wait_until(is_folded)
    assert balance(books.funding) == start - 1060
