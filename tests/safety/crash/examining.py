"""Learning what a scene does when nobody dies, and looking at what is left when somebody does.

A process that is killed at a boundary has to leave exactly what the last COMMIT before it left in the run that was
learned from. After that the same thing is done again, twice: the whole effect is there once, and the answers are the
stored one, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledger.models import Command
from ledger.services.invariants import check_invariants
from tests.safety.crash.boundaries import Moment
from tests.safety.crash.fates import END, Point, at, looked_at
from tests.safety.crash.lives import Act, Answer, Fate, Life, live
from tests.safety.crash.scenes.jobs import JobRun
from tests.safety.crash.scenes.scene import Scene
from tests.safety.crash.state import Observer, State, difference, told


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a scene does when nobody dies.

    Attributes:
        statements: what is sent to the database, COMMIT among it.
        left: what is stored after each statement, as the difference from before the scene.
        whole: what is stored in the end.
    """

    scene: Scene
    statements: tuple[str, ...]
    left: tuple[State, ...]
    whole: State

    @property
    def points(self) -> list[Point]:
        """Every boundary, and the end."""
        numbers = range(1, len(self.statements) + 1)
        return [*(Point(number, moment) for number in numbers for moment in Moment), END]

    def stored_at(self, point: Point) -> State:
        """What has to be there when a process died at a point."""
        if point == END:
            return self.whole
        number = point.number - (point.moment is Moment.BEFORE)
        return self.left[number - 1] if number else {}

    @property
    def commits(self) -> int:
        """In how many steps it becomes visible."""
        seen: list[State] = [{}, *self.left]
        return sum(now != then for then, now in zip(seen, seen[1:], strict=False))


class NotLearned(Exception):
    """A scene that does not work even when nobody dies."""


def learn(scene: Scene, observer: Observer) -> Lesson:
    """Run a scene twice without a death: once so that caches are as warm as they will be, once under observation."""
    scene.prepare()(lambda answer: None)
    act = scene.prepare()
    before = observer.look()
    life = live(act, looked_at, observer)
    if not life.is_done:
        raise NotLearned(f"{scene.name}: {life.error}")
    whole = difference(observer.look(), before)
    if not whole and not isinstance(act, JobRun):
        raise NotLearned(f"{scene.name}: it does nothing; it was answered {life.answers}")
    sent = [what for kind, what in life.notes if kind == "statement"]
    left = tuple(difference(_state(stored), before) for _, stored in sent)
    return Lesson(scene, tuple(sql for sql, _ in sent), left, whole)


def _state(stored: dict[str, list[str]]) -> State:
    return {key: tuple(map(Decimal, figures)) for key, figures in stored.items()}


def examine(lesson: Lesson, point: Point, observer: Observer) -> list[str]:
    """Let a process die at a point, and tell what is wrong afterwards."""
    expected = [lesson.stored_at(point)]
    faults = _examined(lesson.scene, at(point), lesson.whole, observer, expected, may_end=point == END)
    return [f"{lesson.scene.name}, killed {point}: {fault}" for fault in faults]


def examine_call(lesson: Lesson, fate: Fate, name: str, observer: Observer) -> list[str]:
    """The same for a death outside of SQL, which may leave what any of the statements leaves."""
    possible = [{}, *lesson.left, lesson.whole]
    faults = _examined(lesson.scene, fate, lesson.whole, observer, possible)
    return [f"{lesson.scene.name}, killed {name}: {fault}" for fault in faults]


def _examined(
    scene: Scene,
    fate: Fate,
    whole: State,
    observer: Observer,
    possible: Sequence[State],
    *,
    may_end: bool = False,
) -> Iterator[str]:
    act = scene.prepare()
    before = observer.look()
    life = live(act, fate, observer)
    if life.error or not life.was_killed or life.is_done != may_end:
        yield f"it did not die there: {life.error or 'it came to its end'}"
        return
    found = difference(observer.look(), before)
    if found not in possible:
        yield f"it left {told(found)}, not {' or '.join(map(told, possible))}"
    yield from _broken_now(found)
    scene.resume()
    yield from _again(act, life, is_whole=found == whole, is_repeatable=scene.is_repeatable)
    after = difference(observer.look(), before)
    if _effect(after, scene) != _effect(whole, scene):
        yield f"in the end there is {told(after)}, not {told(whole)}"


def _effect(state: State, scene: Scene) -> State:
    if scene.has_key:
        return state
    return {key: figures for key, figures in state.items() if not key.startswith(("command/", "rows/ledger_command"))}


_seen: set[str] = set()


def _broken_now(found: State) -> Iterator[str]:
    """The invariants of the whole ledger, once for each thing that can be left behind."""
    if (what := told(found)) not in _seen:
        _seen.add(what)
        yield from broken()


def broken() -> list[str]:
    """The invariants that do not hold in the whole ledger."""
    return [f"{f.invariant.id} is broken: {f.broken}" for f in check_invariants() if f.broken]


def _again(act: Act, life: Life, *, is_whole: bool, is_repeatable: bool) -> Iterator[str]:
    """Do it again, as its client does; and once more."""
    first, second = _answers(act), _answers(act)
    for sent, again in zip(life.answers, first, strict=False):
        if is_repeatable and _content(sent) != _content(again):
            yield f"{sent.status} {sent.body} was answered, and then {again.status} {again.body}"
    for one, other in zip(first, second, strict=True):
        if one.status >= 500 or (is_repeatable and _content(one) != _content(other)):
            yield f"it answers {one.status} {one.body}, and then {other.status} {other.body}"
        if one.key:
            yield from _kept(one, other, was_there=is_whole)
    if isinstance(act, JobRun) and act.tick.expected != act.tick.look() and not _is_mail(act):
        yield f"the job has left {act.tick.look()}, not {act.tick.expected}"


def _content(answer: Answer) -> tuple[int, str]:
    """What has to be the same each time: all of what is kept; of other problems all but whose request it was."""
    if answer.key or answer.status < 400:
        return answer.status, answer.body
    return answer.status, str({name: value for name, value in json.loads(answer.body).items() if name != "request_id"})


def _kept(one: Answer, other: Answer, *, was_there: bool) -> Iterator[str]:
    stored = Command.objects.filter(key=one.key).values_list("reply_body", flat=True)
    if list(stored) != [one.body]:
        yield f"{list(stored)} is stored for {one.body}"
    if not other.is_replay or (was_there and not one.is_replay):
        yield "it was done again, not repeated"


def _is_mail(run: JobRun) -> bool:
    """What it expects has left the house, from a process that is dead."""
    return bool(run.tick.expected) and isinstance(run.tick.expected, list) and "@" in str(run.tick.expected[0])


def _answers(act: Act) -> list[Answer]:
    answers: list[Answer] = []
    act(answers.append)
    return answers
