"""The part of a proof: every scene at every boundary, and every failpoint, as far as the time goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from django.db import connections
from django.test import override_settings

from tests.safety.crash.examining import Lesson, NotLearned, broken, examine, examine_call, learn
from tests.safety.crash.failpoints import FAILPOINTS
from tests.safety.crash.fates import Failpoint, Point, at_call
from tests.safety.crash.scenes import SCENES, Scene
from tests.safety.crash.state import Observer
from tests.safety.parts import Outcome

UNLIMITED = 100_000_000
MOST_TOLD = 20


@dataclass
class Examination:
    """What was tried so far, and what was found."""

    observer: Observer
    tried: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    lessons: dict[str, Lesson] = field(default_factory=dict)

    def lesson(self, scene: Scene) -> Lesson | None:
        """What a scene does; None when it does not work."""
        if scene.name not in self.lessons:
            try:
                self.lessons[scene.name] = learn(scene, self.observer)
            except NotLearned as failure:
                self.found.append(str(failure))
                return None
            self._require_commits(self.lessons[scene.name])
        return self.lessons[scene.name]

    def _require_commits(self, lesson: Lesson) -> None:
        expected = lesson.scene.commits
        if expected and lesson.commits != expected:
            self.found.append(f"{lesson.scene.name}: visible in {lesson.commits} steps, not {expected}")

    def kill(self, lesson: Lesson, points: Iterable[Point]) -> None:
        for point in points:
            self.found += examine(lesson, point, self.observer)
            self.tried["crash points"] += 1

    def kill_at(self, failpoint: Failpoint) -> None:
        lesson = self.lesson(SCENES[failpoint.scene])
        if lesson is not None:
            self.found += examine_call(lesson, at_call(failpoint), failpoint.name, self.observer)
            self.tried["failpoints"] += 1


@contextmanager
def examination() -> Iterator[Examination]:
    """Rates are not limited here: the same few ask again and again. In the end the whole ledger is looked at."""
    unlimited = {f"RATE_LIMIT_PER_{who}": UNLIMITED for who in ("WALLET", "PERSON", "SERVICE")}
    observer = Observer()
    with override_settings(**unlimited):
        examined = Examination(observer)
        try:
            yield examined
            examined.found += broken()
        finally:
            observer.close()
            connections.close_all()


def sample(lesson: Lesson, most: int, random: Random) -> list[Point]:
    """Some of a scene's points in their order; its end and both sides of each COMMIT as far as there is room."""
    ends = [point for point in lesson.points if not point.number or lesson.statements[point.number - 1] == "COMMIT"]
    rest = [point for point in lesson.points if point not in ends]
    chosen = [*ends[-most:], *random.sample(rest, min(len(rest), max(0, most - len(ends))))]
    return [point for point in lesson.points if point in chosen]


def run(seconds: float, seed: int) -> Outcome:
    """Every failpoint, then every point of every scene in an order that the seed gives, until the time is over."""
    random, began = Random(seed), time.monotonic()
    with examination() as examined:
        for failpoint in FAILPOINTS:
            examined.kill_at(failpoint)
        waiting = [
            (lesson, point)
            for scene in SCENES.values()
            if (lesson := examined.lesson(scene)) is not None
            for point in lesson.points
        ]
        random.shuffle(waiting)
        for lesson, point in waiting:
            if time.monotonic() - began > seconds:
                break
            examined.kill(lesson, [point])
    points, done = len(waiting), examined.tried["crash points"]
    notes = [f"{done} of {points} crash points of {len(SCENES)} scenes, {examined.tried['failpoints']} failpoints"]
    return Outcome(
        {"crash points": done, "failpoints": examined.tried["failpoints"]}, examined.found[:MOST_TOLD], notes
    )
