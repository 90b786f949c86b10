"""Captures, releases and expiries of the same holds at once: each hold ends once, and never pays more than it held
(safety.md row 37)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain
from random import Random
from typing import Any

import pytest
from django.db import connection

from ledger.core.commands import AnyCommand, Capture
from ledger.core.events import EventType
from ledger.core.state import Hold, HoldStatus
from ledger.models import Event, Reservation
from ledger.services import holds
from ledger.services.journal import Outcome
from ledger.services.movements import AccountStatus
from tests.concurrency.storms import in_this_order, storm, without_deadlock
from tests.ledger.books import (
    Books,
    assert_sound,
    balance,
    code_of,
    figures,
    post,
    status_change,
    stored_hold,
)
from tests.ledger.sessions import answers, together

LOSING = {"reservation.not_open", "reservation.expired", "reservation.capture_exceeds"}
CALLERS = 50


def captured_by(outcomes: list[Outcome], hold: Hold) -> Decimal:
    """What the accepted captures of a hold paid, by what they were answered."""
    decisions = [outcome.result.decision for outcome in outcomes if outcome.result and not outcome.result.refusal]
    events = [event for decision in decisions for event in decision.events if event.stream_id == hold.transaction_id]
    captures = [event for event in events if event.type is EventType.RESERVATION_CAPTURED]
    return sum((Decimal(event.data["amount"]) for event in captures), Decimal(0))


def assert_ended_once(hold: Hold, captured: Decimal) -> None:
    row = Reservation.objects.get(id=hold.id)
    assert row.status in ("COMPLETED", "RELEASED", "EXPIRED")
    assert (row.captured_amount, row.captured_amount + row.released_amount) == (captured, row.amount)
    history = Event.objects.filter(stream_id=hold.transaction_id)
    assert history.filter(data__status__in=["COMPLETED", "RELEASED", "EXPIRED"]).count() == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_callers_at_each_of_twenty_holds(books: Books, seed: int) -> None:
    random = Random(seed)
    alice, bob = books.wallet("1000"), books.wallet("1000")
    opened = [
        *(books.hold(alice, "30", destination=bob) for _ in range(10)),
        *(books.hold(bob, "30", destination=alice) for _ in range(10)),
    ]

    def callers(hold: Hold) -> list[AnyCommand]:
        captures = [books.capture(hold, str(random.randrange(5, 21)), final=random.random() < 0.3) for _ in range(6)]
        steps: list[AnyCommand] = [
            *captures,
            books.release(hold),
            books.release(hold),
            holds.expire(hold),
            holds.expire(hold),
        ]
        return random.sample(steps, len(steps))

    by_session = zip(*(callers(hold) for hold in opened), strict=True)
    hands = [random.sample(hand, len(hand)) for hand in by_session]
    dealt = [[hand[turn]] for turn in range(len(opened)) for hand in hands]
    with without_deadlock():
        outcomes = list(chain.from_iterable(storm(dealt, sessions=10)))
    assert len(outcomes) == 200
    assert {code_of(outcome) for outcome in outcomes} - {None} <= LOSING
    for hold in opened:
        assert_ended_once(hold, captured_by(outcomes, hold))
    paid = [captured_by(outcomes, hold) for hold in opened]
    to_bob, to_alice = sum(paid[:10], Decimal(0)), sum(paid[10:], Decimal(0))
    assert figures(alice) == (1000 - to_bob + to_alice, 0, 0)
    assert figures(bob) == (1000 - to_alice + to_bob, 0, 0)
    assert balance(books.expected) == 0


def test_of_fifty_who_capture_all_of_one_hold_one_does(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    commands = [books.capture(hold) for _ in range(CALLERS)]
    with without_deadlock():
        outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    codes = [code_of(outcome) for outcome in outcomes]
    assert sorted(codes, key=str) == [None] + ["reservation.not_open"] * (CALLERS - 1)
    assert (figures(alice), balance(books.payees)) == ((70, 0, 0), 30)
    assert_ended_once(hold, Decimal(30))
    refused = Event.objects.filter(stream_id=hold.transaction_id, type="ReservationRefused")
    assert sorted(refused.values_list("seq", flat=True)) == list(range(3, CALLERS + 2))


def test_fifty_parts_of_one_hold_are_paid_while_there_is_something_left(books: Books) -> None:
    alice = books.wallet("100")
    hold = books.hold(alice, "30")
    commands = [books.capture(hold, "1", final=False) for _ in range(CALLERS)]
    outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    codes = [code_of(outcome) for outcome in outcomes]
    assert (codes.count(None), codes.count("reservation.not_open")) == (30, 20)
    assert (figures(alice), balance(books.payees)) == ((70, 0, 0), 30)
    assert_ended_once(hold, Decimal(30))


def wait_until(deadline: datetime, offset_seconds: str) -> None:
    """Sleep in the database until its clock is so far from a deadline; not at all if that is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sleep(greatest(0, %s + extract(epoch FROM %s::timestamptz - clock_timestamp())))",
            [offset_seconds, deadline],
        )


def test_the_database_clock_decides_who_came_in_time(books: Books) -> None:
    """Callers spread around a deadline, with the sweeper among them: the clock of each decision tells who was late."""
    alice = books.wallet("100")
    hold = books.hold(alice, "30", expires_in=timedelta(seconds=1))
    (early,) = post(books.capture(hold, "1", final=False))

    def capture_at(offset: str, command: Capture) -> Outcome:
        wait_until(hold.expires_at, offset)
        (outcome,) = post(command)
        return outcome

    def sweep_at(offset: str) -> int:
        wait_until(hold.expires_at, offset)
        return holds.expire_holds()

    offsets = ["-0.6", "-0.3", "-0.1", "-0.05", "-0.02", "-0.01", "0", "0", "0.01", "0.1"]
    commands = [books.capture(hold, "1", final=False) for _ in offsets]
    callers: list[Any] = [partial(capture_at, offset, c) for offset, c in zip(offsets, commands, strict=True)]
    callers += [partial(sweep_at, offset) for offset in ("-0.2", "0", "0.05")]
    results = answers(together(callers))
    holds.expire_holds()
    outcomes = [early, *results[: len(offsets)]]
    codes = [code_of(outcome) for outcome in outcomes]
    assert set(codes) == {None, "reservation.expired"}
    for outcome in outcomes:
        assert (outcome.result.recorded_at < hold.expires_at) is (code_of(outcome) is None)
    row = stored_hold(hold.id)
    assert (row.status, row.captured) == (HoldStatus.EXPIRED, codes.count(None))
    assert_ended_once(hold, Decimal(codes.count(None)))


def test_sweepers_against_releases(books: Books) -> None:
    alice = books.wallet("100")
    opened = [books.hold(alice, "1", expires_in=timedelta(milliseconds=400)) for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
    releases: list[Any] = [lambda hold=hold: post(books.release(hold))[0] for hold in opened]

    def sweep() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return holds.expire_holds()

    with without_deadlock():
        answers(together([*releases[:10], sweep, sweep]))
        answers(together([*releases[10:], sweep, sweep]))
    holds.expire_holds()
    for hold in opened:
        assert_ended_once(hold, Decimal(0))
    assert figures(alice) == (100, 0, 0)


def test_frozen_first_and_the_capture_is_refused(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    freeze, capture = status_change(alice, AccountStatus.FROZEN), books.capture(hold)
    (frozen,), (outcome,) = in_this_order(alice, lambda: post(freeze), lambda: post(capture))
    assert (code_of(frozen), code_of(outcome)) == (None, "wallet.frozen")
    assert (figures(alice), figures(bob)) == ((70, 0, 30), (0, 30, 0))


def test_captured_first_and_the_freeze_comes_after(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    freeze, capture = status_change(alice, AccountStatus.FROZEN), books.capture(hold)
    (outcome,), (frozen,) = in_this_order(alice, lambda: post(capture), lambda: post(freeze))
    assert (code_of(frozen), code_of(outcome)) == (None, None)
    assert (figures(alice), figures(bob)) == ((70, 0, 0), (30, 0, 0))


@pytest.mark.parametrize("round", range(4))
def test_freeze_and_captures_at_the_same_moment(books: Books, round: int) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    hold = books.hold(alice, "30", destination=bob)
    commands: list[AnyCommand] = [books.capture(hold, "5", final=False) for _ in range(6)]
    commands.insert(round, status_change(alice, AccountStatus.FROZEN))
    outcomes = [outcome for (outcome,) in answers(together([partial(post, command) for command in commands]))]
    assert code_of(outcomes.pop(round)) is None
    codes = [code_of(outcome) for outcome in outcomes]
    assert set(codes) <= {None, "wallet.frozen"}
    paid = 5 * codes.count(None)
    assert (figures(alice), figures(bob)) == ((70, 0, 30 - paid), (paid, 30 - paid, 0))
    assert_sound()
