"""What the storms have in common: sessions that post, and a look at what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

from django.db import connection

from ledger.core.commands import AnyCommand, Transfer
from ledger.locks import lock_accounts
from ledger.services.journal import Outcome
from ledger.services.movements import Side
from tests.ledger.books import assert_sound, post
from tests.ledger.connecting import superuser
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together, wait_until


def storm(batches: Sequence[Sequence[AnyCommand]], *, sessions: int, all_or_none: bool = False) -> list[list[Outcome]]:
    """Deal batches to sessions, which all start at the same time and post one batch after the other; then look
    whether the ledger is still sound.

    Returns:
        The outcomes of each batch that a session posted, session by session.
    """

    def work(hand: Sequence[Sequence[AnyCommand]]) -> list[list[Outcome]]:
        return [post(*batch, all_or_none=all_or_none) for batch in hand]

    hands = [batches[hand::sessions] for hand in range(sessions)]
    done = answers(together([partial(work, hand) for hand in hands]))
    assert_sound()
    return list(chain.from_iterable(done))


def accepted(outcomes: Iterable[Sequence[Outcome]]) -> list[Transfer]:
    """The movements that were made."""
    results = [outcome.result for outcome in chain.from_iterable(outcomes) if outcome.result]
    return [r.command for r in results if not r.refusal and isinstance(r.command, Transfer)]


@contextmanager
def without_deadlock() -> Iterator[None]:
    """A deadlock would be tried again and so not be noticed: ask the server."""
    before = _deadlocks()
    yield
    assert _deadlocks() == before


def _deadlocks() -> int:
    """A session reports its count when it ends, so wait until those of the storm have."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND pid NOT IN (pg_backend_pid(), %s)"
    )
    connection.ensure_connection()
    with superuser() as observer:
        wait_until(lambda: _one(observer.execute(others, [connection.connection.info.backend_pid]).fetchone()) == 0)
        return _one(
            observer.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
        )


def _one(row: tuple[int, ...] | None) -> int:
    assert row is not None
    return row[0]


def wait_for_blocked(sessions: int) -> None:
    """Until so many sessions of this database wait for a lock of a row or a key."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with superuser() as observer:
        wait_until(lambda: _one(observer.execute(waiting).fetchone()) == sessions)


def in_this_order(holding: Side, *actions: Callable[[], Any]) -> list[Any]:
    """Hold an account until every action waits for it, one behind the other; then let them go."""

    with ThreadPoolExecutor(len(actions)) as pool:
        with open_elsewhere(lambda: lock_accounts([holding.account_id])):
            running = []
            for count, action in enumerate(actions, start=1):
                running.append(pool.submit(in_own_session, action))
                wait_for_blocked(count)
        return [action.result() for action in running]
