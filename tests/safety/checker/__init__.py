"""What must hold of the tables and of what clients were told, looked at from outside.

This package imports nothing of the service: it reads tables by plain SQL and a client history, and has a model of its
own. So a fault in the service's code cannot hide itself here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.safety.checker.books import Books, Database, read
from tests.safety.checker.folding import replayed
from tests.safety.checker.graph import reads, serializable
from tests.safety.checker.keys import (
    acknowledged_is_stored,
    all_money_is_there,
    all_or_nothing,
    nothing_invented,
    one_answer,
    one_effect,
    refused_moved_nothing,
)
from tests.safety.checker.lives import Photo, budgets, guarded, holds, only_grew, refunds, take_photo
from tests.safety.checker.money import (
    amounts,
    balances,
    chains,
    decided_after_asked,
    documents_moved_their_money,
    floors,
    whole_events,
    zero_sum,
)
from tests.safety.checker.replaying import replays_in_model
from tests.safety.checker.told import announced, audited, consumed, heard, numbered
from tests.safety.checker.violation import Report, Violation
from tests.safety.history import History

__all__ = [
    "OF_BOOKS",
    "OF_HISTORY",
    "Books",
    "Photo",
    "Report",
    "Violation",
    "check",
    "check_books",
    "heard",
    "only_grew",
    "read",
    "take_photo",
]

OF_BOOKS: tuple[Callable[[Books], Iterator[Violation]], ...] = (
    zero_sum,
    whole_events,
    documents_moved_their_money,
    balances,
    floors,
    amounts,
    chains,
    decided_after_asked,
    guarded,
    holds,
    refunds,
    budgets,
    one_effect,
    refused_moved_nothing,
    all_or_nothing,
    announced,
    audited,
    numbered,
    consumed,
    replayed,
)
"""What the tables alone have to show. True at every instant, also while everybody is at it."""

OF_HISTORY: tuple[Callable[[Books, History], Iterator[Violation]], ...] = (
    one_answer,
    acknowledged_is_stored,
    nothing_invented,
    all_money_is_there,
    serializable,
    reads,
    replays_in_model,
)
"""What the tables have to show beside what clients were told, once nobody is at it any more."""


def check(database: Database, history: History | None = None, *, before: Photo | None = None) -> Report:
    """Look at everything, at one instant.

    Args:
        database: an address, or a connection of somebody who may read all tables; one that is in a transaction is
            looked at as that transaction sees it.
        history: of clients who have all stopped; None = only the tables are looked at.
        before: what history looked like earlier.
    """
    report = check_books(read(database), history)
    if before is None:
        return report
    changed = tuple(only_grew(before, take_photo(database)))
    return Report((*report.violations, *changed), report.looked_at)


def check_books(books: Books, history: History | None = None) -> Report:
    """The same, for what was read already."""
    found = [violation for look in OF_BOOKS for violation in look(books)]
    looked_at = {"events": len(books.events), "postings": len(books.postings), "holds": len(books.holds)}
    if history is not None:
        found += [violation for look in OF_HISTORY for violation in look(books, history)]
        looked_at["answers"] = len(history.exchanges)
    return Report(tuple(found), looked_at)
