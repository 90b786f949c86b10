"""Killed with -9 at its statements and at the named points outside of SQL: nothing is lost, doubled or half done.

Those scenes that move money in the plainest ways die at every point, the others at some that the seed draws; `make
proof` kills all of them everywhere, and alone on its server also those that wait for what others have begun.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from tests.safety.crash.failpoints import FAILPOINTS
from tests.safety.crash.fates import Failpoint
from tests.safety.crash.run import Examination, examination, sample
from tests.safety.crash.scenes import SCENES
from tests.safety.crash.scenes.jobs import WAITING_FOR_OTHERS

SEED, SOME = 20260314, 4


@pytest.fixture
def examined(committed_db: None, odd_messages: None) -> Iterator[Examination]:
    with examination() as examined:
        yield examined


@pytest.mark.parametrize("name", [name for name in SCENES if name not in WAITING_FOR_OTHERS])
def test_it_may_die_at_any_statement(examined: Examination, name: str) -> None:
    scene = SCENES[name]
    lesson = examined.lesson(scene)
    assert lesson is not None, examined.found
    points = lesson.points if scene.is_money else sample(lesson, SOME, Random(SEED))
    examined.kill(lesson, points)
    assert examined.found == []
    assert examined.tried["crash points"] == len(points) >= SOME


@pytest.mark.parametrize(
    "failpoint",
    [point for point in FAILPOINTS if point.scene not in WAITING_FOR_OTHERS],
    ids=lambda point: f"{point.scene}: {point.name}",
)
def test_it_may_die_outside_of_sql(examined: Examination, failpoint: Failpoint) -> None:
    examined.kill_at(failpoint)
    assert examined.found == []
