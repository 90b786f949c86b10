"""Two or three at once, one statement at a time: whatever the order, it ends as one of them after the other would.

Some schedules of each race; `make proof` tries as many as there is time for.
"""

from __future__ import annotations

import pytest

from tests.safety.interleaving.exploring import explore
from tests.safety.interleaving.races import PAIRS
from tests.safety.interleaving.run import without_deadlock
from tests.safety.interleaving.schedules import Race
from tests.safety.interleaving.triples import TRIPLES

SEED, PER_PAIR, PER_TRIPLE = 20260314, 60, 20
pytestmark = pytest.mark.usefixtures("committed_db", "odd_messages")


@pytest.mark.parametrize("race", PAIRS, ids=lambda race: race.name)
def test_two_at_once(race: Race) -> None:
    found: list[str] = []
    with without_deadlock(found):
        explored = explore(race, most=PER_PAIR, seed=SEED)
    assert found + explored.found == []
    assert explored.is_complete or explored.ran > PER_PAIR / 2


@pytest.mark.parametrize("race", TRIPLES, ids=lambda race: race.name)
def test_three_at_once(race: Race) -> None:
    found: list[str] = []
    with without_deadlock(found):
        explored = explore(race, size=3, most=PER_TRIPLE, seed=SEED, by_seed=True)
    assert found + explored.found == []
    assert explored.ran > PER_TRIPLE / 2
