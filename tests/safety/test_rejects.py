"""The checker's own tests: for every invariant at least one database or history, broken by hand, that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from tests.safety.arena import Arena, Ground, new_copy, serving
from tests.safety.breaks import BREAKS, Break
from tests.safety.checker import Report, check, check_books, heard, only_grew, read, take_photo
from tests.safety.checker.settled import left_behind
from tests.safety.checker.told import Heard
from tests.safety.history import Exchange, History, Kind, Known
from tests.safety.stage import new_stage
from tests.safety.tour import tour


@dataclass(frozen=True, slots=True)
class Story:
    """A database in which everything has happened once, what clients saw of it, and what was heard of it."""

    url: str
    history: History
    heard: list[Heard]


@pytest.fixture(scope="module")
def story(ground: Ground, django_db_blocker: DjangoDbBlocker) -> Iterator[Story]:
    with django_db_blocker.unblock(), new_copy(ground) as installed:
        with serving(installed):
            stage = new_stage(Arena(ground, installed))
            tour(stage)
            stage.settle()
        yield Story(installed.superuser_url, stage.history, stage.listener.heard)


def test_a_sound_story_is_accepted(story: Story) -> None:
    report = check(story.url, story.history, before=take_photo(story.url))
    assert report.is_good, report.words()
    assert min(report.looked_at.values()) > 0
    books = read(story.url)
    assert [*left_behind(books), *heard(books, story.heard)] == []


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.invariant} {broken.what}")
def test_a_broken_database_is_refused(story: Story, broken: Break) -> None:
    with psycopg.connect(story.url) as connection:
        before = take_photo(connection)
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in broken.statements:
            assert connection.execute(statement).rowcount != 0
        books = read(connection)
        found = [*check_books(books, story.history).violations, *left_behind(books)]
        found += only_grew(before, take_photo(connection)) if broken.is_change else []
        connection.rollback()
    assert broken.invariant in {violation.invariant for violation in found}, Report(tuple(found)).words()


class Lie(NamedTuple):
    """What clients might have seen, had the service done wrong."""

    invariant: str
    what: str
    told: Callable[[History], History]


def _changed(history: History, which: Callable[[Exchange], bool], change: Callable[[Exchange], Exchange]) -> History:
    """The history with one answer changed, the first that fits."""
    chosen = next(one for one in history.exchanges if which(one))
    exchanges = [change(one) if one is chosen else one for one in history.exchanges]
    return replace(history, exchanges=exchanges)


def _is_done(kind: Kind) -> Callable[[Exchange], bool]:
    return lambda one: one.wish.kind is kind and one.known is Known.DONE


def _is_refused(one: Exchange) -> bool:
    return one.wish.kind is Kind.TRANSFER and one.known is Known.REFUSED


def _with_amount(one: Exchange) -> Exchange:
    return replace(one, wish=replace(one.wish, amount=(one.wish.amount or Decimal(0)) + 1))


def _in_body(right: bytes, wrong: bytes) -> Callable[[Exchange], Exchange]:
    def change(one: Exchange) -> Exchange:
        assert right in one.body, one.body
        return replace(one, body=one.body.replace(right, wrong, 1))

    return change


def _later(one: Exchange) -> Exchange:
    """Asked when everything was over."""
    return replace(one, sent=one.sent + 10**15, answered=one.answered + 10**15)


LIES = (
    Lie(
        "I10",
        "decided twice",
        lambda h: replace(h, exchanges=[*h.exchanges, next(filter(_is_done(Kind.TRANSFER), h.exchanges))]),
    ),
    Lie(
        "I11",
        "another answer",
        lambda h: _changed(h, _is_done(Kind.RESERVE), lambda one: replace(one, body=one.body + b" ")),
    ),
    Lie(
        "I13",
        "never stored",
        lambda h: _changed(h, _is_done(Kind.TRANSFER), lambda one: replace(one, wish=replace(one.wish, key="lost"))),
    ),
    Lie("I13", "another amount", lambda h: _changed(h, _is_done(Kind.TRANSFER), _with_amount)),
    Lie("I13", "a no for a yes", lambda h: _changed(h, _is_refused, lambda one: replace(one, status=201, body=b"{}"))),
    Lie(
        "I15",
        "never asked for",
        lambda h: replace(h, exchanges=[one for one in h.exchanges if not _is_done(Kind.REFUND)(one)]),
    ),
    Lie(
        "I16",
        "more in the beginning",
        lambda h: replace(h, opening={id: amount + 1 for id, amount in h.opening.items()}),
    ),
    Lie("I22", "an old balance", lambda h: _changed(h, _is_done(Kind.BALANCE), _later)),
    Lie(
        "I23",
        "a figure that never was",
        lambda h: _changed(h, _is_done(Kind.BALANCE), _in_body(b'"available":"', b'"available":"7')),
    ),
    Lie(
        "I23",
        "another figure left",
        lambda h: _changed(h, _is_done(Kind.TRANSFER), _in_body(b'"from_balance": "', b'"from_balance": "7')),
    ),
    Lie(
        "I24",
        "a budget that was smaller",
        lambda h: replace(h, budgets={id: amount - 1 for id, amount in h.budgets.items()}),
    ),
    Lie(
        "I24",
        "a budget that was larger",
        lambda h: replace(h, budgets={id: amount + 1 for id, amount in h.budgets.items()}),
    ),
)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: f"{lie.invariant} {lie.what}")
def test_a_broken_history_is_refused(story: Story, lie: Lie) -> None:
    report = check(story.url, lie.told(story.history))
    assert lie.invariant in report.broken, report.words()


def test_what_was_heard_has_to_be_what_was_told(story: Story) -> None:
    books = read(story.url)
    backwards = {one.invariant for one in heard(books, reversed(story.heard))}
    missing = {one.invariant for one in heard(books, story.heard[1:])}
    twice = {one.invariant for one in heard(books, [*story.heard, story.heard[-1]])}
    assert "I18" in backwards
    assert "I18" in missing
    assert twice == {"I19"}
    assert not list(heard(books, [*story.heard, story.heard[-1]], may_repeat=True))


def test_every_invariant_has_something_that_it_refuses() -> None:
    refused = {broken.invariant for broken in BREAKS} | {lie.invariant for lie in LIES}
    assert refused >= {f"I{number}" for number in range(1, 26) if number != 21}
