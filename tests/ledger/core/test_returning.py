"""What envelopes get back when a spend is undone: budgets wholly, limits only what they still show of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest

from ledger.core.accounts import Book, Bucket, account_id
from ledger.core.allowances import COUNT
from ledger.core.commands import TransactionType, Undo
from ledger.core.machine import decide
from ledger.core.state import Original, State
from tests.ledger.core.cast import EARLIER, NOW
from tests.ledger.core.hold_cast import ID, envelope, world
from tests.ledger.core.test_undoing import ORIGINAL, original, refund, reversal

HOUR = timedelta(hours=1)
THEN, SINCE = EARLIER, NOW - HOUR
"""When something was spent before the window of the limit, and since when that window has been counted."""
PAID = "alice -100, payees 100, limit -100, limit spent 100"
AFTER = UUID(int=0xAF7E6)


class Row(NamedTuple):
    """When a hundred euros were taken of a limit, what was refunded before, what SPENT shows; what comes back."""

    name: str
    taken: list[tuple[datetime, str]]
    refunded: str
    shown: str
    command: Undo
    back: str


TABLE = [
    Row("of this window", [(NOW, "100")], "0", "130", refund("40"), "40"),
    Row("of the very first moment of it", [(SINCE, "100")], "0", "100", refund("100"), "100"),
    Row("all of it", [(NOW, "100")], "0", "130", reversal(), "100"),
    Row("of a window that is over", [(THEN, "100")], "0", "130", refund("40"), "0"),
    Row("of a window that is over, all of it", [(THEN, "100")], "0", "130", reversal(), "0"),
    Row("paid in parts, over two windows", [(THEN, "60"), (NOW, "40")], "0", "130", refund("100"), "40"),
    Row("reversed, over two windows", [(THEN, "60"), (NOW, "40")], "0", "40", reversal(), "40"),
    Row("refunded again, over two windows", [(THEN, "60"), (NOW, "40")], "30", "100", refund("70"), "10"),
    Row("no more than was taken in it", [(THEN, "60"), (NOW, "40")], "40", "90", refund("60"), "0"),
    Row("no more than is shown", [(NOW, "100")], "0", "25", refund("40"), "25"),
    Row("nothing is shown", [(NOW, "100")], "0", "0", refund("40"), "0"),
    Row("another part", [(NOW, "100")], "60", "70", refund("40"), "40"),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_limit_gets_back_what_it_still_shows_of_it(row: Row) -> None:
    moved = tuple((moment, Decimal(amount)) for moment, amount in row.taken)
    of = replace(original(PAID, refunded=row.refunded), moved={ID["limit spent"]: moved})
    decision = decide(_books(of, row.shown), row.command, NOW)
    assert decision.refusal is None
    lines = {p.account_id: p.amount for p in decision.events[0].postings}
    assert lines.get(ID["limit"], 0) == Decimal(row.back)
    assert lines.get(ID["limit spent"], 0) == -Decimal(row.back)
    assert lines[ID["alice"]] == row.command.document.amount


def test_a_limit_that_never_was_turned_gives_nothing_back() -> None:
    state = _books(original(PAID), "130")
    state.accounts[ID["limit spent"]] = replace(state.accounts[ID["limit spent"]], window_starts_at=None)
    event, _ = decide(state, refund("40"), NOW).events
    assert [p.account_id for p in event.postings] == [ID["alice"], ID["payees"]]


@pytest.mark.parametrize(("command", "back"), [(refund("100"), 0), (reversal(), 1)], ids=["a refund", "a reversal"])
def test_a_count_comes_back_with_a_reversal_only(command: Undo, back: int) -> None:
    ids = {bucket: account_id("LIMIT", AFTER, COUNT, bucket, Book.ALLOWANCE) for bucket in Bucket}
    available, spent = ids[Bucket.AVAILABLE], ids[Bucket.SPENT]
    of = original("alice -100, payees 100")
    of = replace(
        of,
        net=dict(of.net) | {available: Decimal(-1), spent: Decimal(1)},
        moved={spent: ((NOW, Decimal(1)),)},
    )
    state = _books(of, "130")
    for bucket, figure in ((Bucket.AVAILABLE, 0), (Bucket.SPENT, 5)):
        account = envelope("LIMIT", AFTER, bucket, str(figure))
        state.accounts[ids[bucket]] = replace(account, id=ids[bucket], asset=COUNT, window_starts_at=SINCE)
    event, _ = decide(state, command, NOW).events
    lines = {p.account_id: p.amount for p in event.postings}
    assert (lines.get(available, 0), lines.get(spent, 0)) == (back, -back)


OF_BUDGET = "alice -101, payees 100, fees 1, budget -101, budget spent 101"


@pytest.mark.parametrize(
    ("command", "back"),
    [(refund("40"), "40"), (refund("100"), "100"), (reversal(fee="1"), "101")],
    ids=["some of it", "all but the fee", "with the fee"],
)
@pytest.mark.parametrize("is_redirected", [False, True], ids=["to the period that paid", "to another one"])
def test_a_budget_gets_it_back_whatever_it_shows(command: Undo, back: str, is_redirected: bool) -> None:
    """SPENT of the period that gives it back may become negative: more came back than was spent in it."""
    state = _books(original(OF_BUDGET, type=TransactionType.PAYMENT), "0")
    target = {"AVAILABLE": ID["budget"], "SPENT": ID["budget spent"]}
    if is_redirected:
        for bucket in (Bucket.AVAILABLE, Bucket.SPENT):
            account = envelope("BUDGET", AFTER, bucket, "0")
            state.accounts[account.id] = account
            target[bucket.value] = account.id
        redirected = {ID["budget"]: target["AVAILABLE"], ID["budget spent"]: target["SPENT"]}
        command = replace(command, redirected=redirected)
    event, _ = decide(state, command, NOW).events
    lines = {p.account_id: p.amount for p in event.postings if p.account_id not in (ID["alice"], ID["payees"])}
    lines.pop(ID["fees"], None)
    assert lines == {target["AVAILABLE"]: Decimal(back), target["SPENT"]: -Decimal(back)}


def _books(of: Original, shown: str) -> State:
    state = world(alice="0")
    state.accounts[ID["payees"]] = replace(state.accounts[ID["payees"]], balance=Decimal(500))
    spent = state.accounts[ID["limit spent"]]
    state.accounts[spent.id] = replace(spent, balance=Decimal(shown), window_starts_at=SINCE)
    state.originals[ORIGINAL] = of
    return state
