"""What a canary is, and the few ways to put a fault into a running service."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.safety.arena import Arena

Bug = Callable[[Arena], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Canary:
    """A fault and what has to notice it.

    Attributes:
        caught_by: the invariants of which at least one must be broken by it.
        is_standing: the fault lies in the schema: looking at it is enough, nothing has to happen.
        is_race: it shows only where several clients meet.
    """

    name: str
    bug: Bug
    caught_by: frozenset[str]
    is_standing: bool = False
    is_race: bool = False


def canary(name: str, *bugs: Bug, by: str, is_standing: bool = False, is_race: bool = False) -> Canary:
    return Canary(name, _all(bugs), frozenset(by.split()), is_standing, is_race)


def _all(bugs: tuple[Bug, ...]) -> Bug:
    @contextmanager
    def together(arena: Arena) -> Iterator[None]:
        with ExitStack() as stack:
            for bug in bugs:
                stack.enter_context(bug(arena))
            yield

    return together


def instead(place: str, new: Any) -> Bug:
    """Another function or value in its place: `module:name` or `module:Class.name`."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")

    def bug(_: Arena) -> AbstractContextManager[Any]:
        owner: Any = importlib.import_module(module)
        for part in owners:
            owner = getattr(owner, part)
        return patch.object(owner, name, new)

    return bug


def around(place: str, change: Callable[..., Any]) -> Bug:
    """A function that is given the right one first: `change(right, *arguments)`."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")

    def bug(_: Arena) -> AbstractContextManager[Any]:
        owner: Any = importlib.import_module(module)
        for part in owners:
            owner = getattr(owner, part)
        right = getattr(owner, name)

        def wrong(*arguments: Any, **named: Any) -> Any:
            return change(right, *arguments, **named)

        return patch.object(owner, name, wrong)

    return bug


def around_anew(place: str, make: Callable[[], Callable[..., Any]]) -> Bug:
    """`around` with a change that remembers something, made for each run."""

    def bug(arena: Arena) -> AbstractContextManager[Any]:
        return around(place, make())(arena)

    return bug


def statement(place: str, right: str, wrong: str) -> Bug:
    """A part of an SQL statement replaced."""
    module, _, name = place.partition(":")

    def bug(_: Arena) -> AbstractContextManager[Any]:
        owner = importlib.import_module(module)
        text = getattr(owner, name)
        assert right in text, f"{place} has changed: {right}"
        return patch.object(owner, name, text.replace(right, wrong))

    return bug


def schema(change: str) -> Bug:
    """Something changed in the database itself, by somebody who may."""

    @contextmanager
    def bug(arena: Arena) -> Iterator[None]:
        arena.change(change)
        yield

    return bug
