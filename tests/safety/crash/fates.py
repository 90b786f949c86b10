"""Where a process dies: at a statement, or at a call outside of SQL. And one that is only looked at while it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from tests.safety.crash.boundaries import Moment, watching
from tests.safety.crash.lives import Fate, Note, die
from tests.safety.crash.state import Observer


@dataclass(frozen=True, slots=True)
class Point:
    """A boundary of the n-th statement, counted from 1; 0 = none: the process is killed when it has answered."""

    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} statement {self.number}" if self.number else "after the answer"


END = Point(0, Moment.AFTER)


def at(point: Point) -> Fate:
    """Dies at a point."""

    @contextmanager
    def fate(note: Note) -> Iterator[None]:
        count = 0

        def reached(moment: Moment, sql: str) -> None:
            nonlocal count
            count += moment is Moment.BEFORE
            if (count, moment) == (point.number, point.moment):
                die()

        with watching(reached):
            yield

    return fate


@contextmanager
def looked_at(note: Note) -> Iterator[None]:
    """Dies of nothing; notes each statement, and what is stored when it is over."""
    observer = Observer()

    def reached(moment: Moment, sql: str) -> None:
        if moment is Moment.AFTER:
            state = {key: [str(figure) for figure in figures] for key, figures in observer.look().items()}
            note("statement", [sql, state])

    with watching(reached):
        yield


@dataclass(frozen=True, slots=True)
class Failpoint:
    """A call outside of SQL at which a process dies.

    Attributes:
        name: where that is, in words.
        target: the callable, as `module:attribute`.
        scene: the name of a scene that comes by here.
        nth: at which of its calls.
    """

    name: str
    target: str
    moment: Moment
    scene: str
    nth: int = 1


def at_call(failpoint: Failpoint) -> Fate:
    """Dies before or after a call."""

    @contextmanager
    def fate(note: Note) -> Iterator[None]:
        module, _, attribute = failpoint.target.partition(":")
        *owner, name = attribute.split(".")
        holder = resolve_name(f"{module}:{'.'.join(owner)}") if owner else resolve_name(module)
        call, times = getattr(holder, name), 0

        def deadly(*arguments: Any, **named: Any) -> Any:
            nonlocal times
            times += 1
            if times == failpoint.nth and failpoint.moment is Moment.BEFORE:
                die()
            result = call(*arguments, **named)
            if times == failpoint.nth:
                die()
            return result

        with patch.object(holder, name, deadly):
            yield

    return fate
