"""What budgets and limits cost: not one statement more, however many there are and however many spends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.core.commands import AnyCommand
from ledger.models import Posting
from tests.ledger.books import Books, code_of, post, stored_hold
from tests.ledger.envelopes import budget, count, limit

Make = Callable[[Books, dict[str, Any]], AnyCommand]


def _transfer(books: Books, under: dict[str, Any]) -> AnyCommand:
    return books.transfer(books.wallet("100"), books.wallet(), "10", **under)


def _payment(books: Books, under: dict[str, Any]) -> AnyCommand:
    return books.payment(books.wallet("100"), "10", **under)


def _reserve(books: Books, under: dict[str, Any]) -> AnyCommand:
    return books.reserve(books.wallet("100"), "10", **under)


def _capture(books: Books, under: dict[str, Any]) -> AnyCommand:
    return books.capture(books.hold(books.wallet("100"), "10", **under), "7")


def _release(books: Books, under: dict[str, Any]) -> AnyCommand:
    return books.release(books.hold(books.wallet("100"), "10", **under))


def _refund(books: Books, under: dict[str, Any]) -> AnyCommand:
    paid = books.payment(books.wallet("100"), "10", **under)
    post(paid)
    return books.refund(paid.document.id, "4")


def _reversal(books: Books, under: dict[str, Any]) -> AnyCommand:
    held = books.hold(books.wallet("100"), "10", **under)
    post(books.capture(stored_hold(held.id)))
    return books.reverse(held.transaction_id)


MAKERS: dict[str, tuple[Make, int]] = {
    "transfer": (_transfer, 14), "payment": (_payment, 14), "reserve": (_reserve, 14), "release": (_release, 14),
    "capture": (_capture, 20), "refund": (_refund, 12), "reversal": (_reversal, 14),
}  # fmt: skip
"""And how many lines in the book of allowances each has: of a capture some comes back, a refund leaves the count."""


@pytest.mark.parametrize(("make", "lines"), MAKERS.values(), ids=MAKERS)
def test_four_budgets_and_three_limits_cost_no_statement(books: Books, make: Make, lines: int) -> None:
    budgets = [budget(books.company_id, "10000") for _ in range(4)]
    limits = [limit(books.company_id, "10000"), limit(books.company_id, "20000"), count(books.company_id, "1000")]
    under: dict[str, Any] = {"allowances": tuple(rule.allowance() for rule in (*budgets, *limits))}
    # The first one of all turns the limits; whatever is only asked once in a process has been asked by then.
    turning, bare, ruled = make(books, under), make(books, {}), make(books, under)
    fifty_bare, fifty_ruled = ([make(books, rules) for _ in range(50)] for rules in ({}, under))
    counted = {
        name: _statements(commands)
        for name, commands in (
            ("first", [turning]), ("bare", [bare]), ("ruled", [ruled]),
            ("fifty bare", fifty_bare), ("fifty ruled", fifty_ruled),
        )
    }  # fmt: skip
    assert counted == dict.fromkeys(counted, counted["bare"])
    assert counted["bare"] >= 4
    assert Posting.objects.filter(event_id=ruled.event_id, account__book="allowance").count() == lines
    assert not Posting.objects.filter(event_id=bare.event_id, account__book="allowance").exists()


def _statements(commands: list[AnyCommand]) -> int:
    with CaptureQueriesContext(connection) as queries:
        outcomes = post(*commands)
    assert [code_of(outcome) for outcome in outcomes] == [None] * len(commands)
    return len(queries)
