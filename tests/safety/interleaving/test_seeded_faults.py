"""The search itself can fail: without the row locks, or with locks in any order, it finds what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle
from uuid import UUID

import pytest

from ledger.locks import lock_accounts
from tests.safety.crash.spoiling import copied_database
from tests.safety.interleaving import races
from tests.safety.interleaving.exploring import explore
from tests.safety.interleaving.races import PAIRS
from tests.safety.interleaving.run import without_deadlock
from tests.safety.interleaving.schedules import Race, at_most

SEED, MOST = 20260314, 40
BY_NAME = {race.name: race for race in PAIRS}


@pytest.fixture
def spoiled(committed_db: None, odd_messages: None) -> Iterator[None]:
    races.books.cache_clear()
    with copied_database():
        yield
    races.books.cache_clear()


def lock_nothing(ids: Iterable[UUID]) -> None:
    """What `lock_accounts` may not be."""


class LockInTurns:
    """The same locks, each taken by itself; whoever comes next takes them the other way round."""

    def __init__(self) -> None:
        self._ways = cycle((False, True))

    def __call__(self, ids: Iterable[UUID]) -> None:
        for id in sorted(ids, reverse=next(self._ways)):
            lock_accounts([id])


@pytest.mark.usefixtures("spoiled")
@pytest.mark.parametrize(
    "race", [BY_NAME[name] for name in ("A to B × B to A", "capture × release", "refund × refund")]
)
def test_a_missing_lock_is_found(monkeypatch: pytest.MonkeyPatch, race: Race) -> None:
    monkeypatch.setattr("ledger.services.state.lock_accounts", lock_nothing)
    assert explore(race, most=MOST, seed=SEED).found


@pytest.mark.usefixtures("spoiled")
def test_locks_in_any_order_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.services.state.lock_accounts", LockInTurns())
    found: list[str] = []
    with without_deadlock(found):
        explored = explore(BY_NAME["A to B × B to A"], most=MOST, seed=SEED)
    assert [fault for fault in explored.found if "deadlocks" in fault]
    assert [fault for fault in found if "says the server" in fault]


def test_how_many_orders_there_are() -> None:
    assert (at_most([8, 8]), at_most([2, 1]), at_most([1, 1, 1])) == (12_870, 3, 6)
