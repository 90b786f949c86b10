"""Random histories: several clients do what they like to a few wallets, and everything is looked at during and after.

The same seed gives each client the same wishes; how they meet is the machine's to say.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from uuid import UUID

import psycopg
from django.db import DatabaseError, connections

from tests.safety.arena import Arena, new_arena, new_ground
from tests.safety.checker import Photo, Violation, check, check_books, heard, only_grew, read, take_photo
from tests.safety.checker.settled import left_behind
from tests.safety.history import Exchange, History, Kind, Known, Wish
from tests.safety.parts import Outcome, Part
from tests.safety.stage import Stage, as_processes, new_key, new_stage
from tests.safety.tour import tour

CLIENTS, WISHES = 4, 25
PROCESSES = 2
KINDS = (
    *(Kind.TRANSFER,) * 9,
    *(Kind.RESERVE,) * 4,
    *(Kind.CAPTURE,) * 4,
    *(Kind.RELEASE, Kind.REFUND, Kind.REFUND, Kind.REVERSAL, Kind.EXTEND, Kind.STATUS),
    *(Kind.BALANCE,) * 4,
)
STATUSES = ("ACTIVE", "ACTIVE", "SUSPENDED", "FROZEN")
LEAST_DONE, LEAST_REFUSED = 20, 1
"""Percent of the answers; a run with less shows nothing."""


@dataclass(slots=True)
class Run:
    """What became of a history."""

    history: History
    violations: list[Violation] = field(default_factory=list)
    snapshots: int = 0

    @property
    def answers(self) -> Counter[str]:
        return Counter(exchange.known.value for exchange in self.history.moves())

    @property
    def odd_answers(self) -> list[str]:
        """What no client gets of a service that nobody disturbs (I27)."""
        failed = [one for one in self.history.exchanges if (one.status or 0) >= 500]
        return [f"I27: {one.name} was answered {one.status} {one.code}" for one in failed]

    @property
    def found(self) -> list[str]:
        return [*map(str, self.violations), *self.odd_answers]


@dataclass(slots=True)
class Player:
    """One client with a chance of his own. What others hold and have paid is his to settle too."""

    stage: Stage
    chance: Random
    shared: list[Exchange]
    hot: list[Wish]
    own: list[Wish] = field(default_factory=list)

    def play(self, wishes: int) -> None:
        for number in range(wishes):
            wish = self.hot[number // 5] if number % 5 == 0 and number // 5 < len(self.hot) else self._wish()
            exchange = self.stage.client.ask(wish)
            if wish.key:
                self.own.append(wish)
            if exchange.known is Known.DONE and wish.kind in (Kind.TRANSFER, Kind.RESERVE):
                self.shared.append(exchange)

    def _wish(self) -> Wish:
        if self.own and self.chance.random() < 0.1:
            earlier = self.chance.choice(self.own)
            is_other = self.chance.random() < 0.3 and earlier.amount is not None
            return replace(earlier, amount=(earlier.amount or Decimal(0)) + 1) if is_other else earlier
        return self._fresh(self.chance.choice(KINDS))

    def _fresh(self, kind: Kind) -> Wish:
        source, destination = self.chance.sample(self._wallets(), 2)
        amount = Decimal(self.chance.choice((1, 99, 500, 1250, 3000, 9000))) / 100
        made = [one for one in self.shared if one.wish.kind is Kind.RESERVE]
        match kind:
            case Kind.BALANCE:
                return Wish(kind, source=source)
            case Kind.STATUS:
                return Wish(kind, source=self.stage.wallets[0], status=self.chance.choice(STATUSES))
            case Kind.RESERVE:
                to, seconds = self.chance.choice((None, destination)), self.chance.choice((1, 3600, 3600, 3600))
                return Wish(kind, new_key(), amount, source=source, destination=to, seconds=seconds)
            case Kind.CAPTURE | Kind.RELEASE | Kind.EXTEND if made:
                return self._step(kind, self.chance.choice(made), amount, destination)
            case Kind.REFUND | Kind.REVERSAL if self.shared:
                wanted = amount if kind is Kind.REFUND else None
                return Wish(kind, new_key(), wanted, about=self.chance.choice(self.shared).id_of("txn_id"))
        return Wish(Kind.TRANSFER, new_key(), amount, source=source, destination=destination)

    def _step(self, kind: Kind, made: Exchange, amount: Decimal, destination: UUID) -> Wish:
        hold = made.id_of("reservation_id")
        if kind is not Kind.CAPTURE:
            return Wish(kind, new_key(), about=hold, seconds=3600 if kind is Kind.EXTEND else 0)
        wanted = self.chance.choice((None, min(amount, made.wish.amount or amount) / 2))
        wanted = None if wanted is None else max(wanted.quantize(Decimal("0.01")), Decimal("0.01"))
        to = made.wish.destination
        return Wish(kind, new_key(), wanted, about=hold, is_final=self.chance.random() < 0.5, destination=to)

    def _wallets(self) -> list[UUID]:
        return [*self.stage.wallets, self.stage.thrifty]


def run_history(arena: Arena, seed: int, *, clients: int = CLIENTS, wishes: int = WISHES, is_long: bool = True) -> Run:
    """Let clients play in an arena, and look.

    Args:
        is_long: begin with everything once, in order.
    """
    stage = new_stage(arena)
    run = Run(stage.history)
    photo = take_photo(arena.superuser_url)
    with as_processes(PROCESSES), _Observer(arena, run):
        if is_long:
            tour(stage)
        storm(stage, seed, clients, wishes)
    look(stage, run, photo)
    return run


def run_tour(arena: Arena) -> Run:
    """Everything once, in order, and a look afterwards."""
    stage = new_stage(arena)
    run = Run(stage.history)
    photo = take_photo(arena.superuser_url)
    tour(stage)
    look(stage, run, photo)
    return run


def storm(stage: Stage, seed: int, clients: int, wishes: int) -> None:
    """Clients at the same time; some wishes are sent by all of them, under one key."""
    chance = Random(f"{seed}-hot")
    hot = [
        Wish(Kind.TRANSFER, new_key(), Decimal(chance.randint(1, 500)) / 100, source=source, destination=destination)
        for source, destination in (chance.sample(stage.wallets, 2) for _ in range(wishes // 5))
    ]
    shared: list[Exchange] = []
    start = threading.Barrier(clients)

    def work(number: int) -> None:
        try:
            start.wait(20)
            Player(stage, Random(f"{seed}-{number}"), shared, hot).play(wishes)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, number) for number in range(clients)]:
            done.result()


def look(stage: Stage, run: Run, photo: Photo) -> None:
    """Let the jobs do their work, and look at everything."""
    try:
        stage.settle()
    except DatabaseError as error:
        run.violations.append(Violation("I25", f"the jobs broke: {error}"))
    books = read(stage.arena.superuser_url)
    run.violations += check_books(books, stage.history).violations
    run.violations += heard(books, stage.listener.heard)
    run.violations += left_behind(books)
    run.violations += only_grew(photo, take_photo(stage.arena.superuser_url))


class _Observer:
    """Looks at the tables while everybody is at it: whatever must hold must hold at every instant (I1–I9, I23)."""

    def __init__(self, arena: Arena, run: Run) -> None:
        self._arena, self._run = arena, run
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        before = None
        with psycopg.connect(self._arena.superuser_url, autocommit=True) as connection:
            while not self._stopping.is_set():
                self._run.violations += check(connection).violations
                now = take_photo(connection)
                self._run.violations += [] if before is None else only_grew(before, now)
                self._run.snapshots += 1
                before = now
                self._stopping.wait(0.3)


def run_histories(seconds: float, seed: int) -> Outcome:
    """As many histories as fit into the time, each in a database of its own."""
    deadline, tried = time.monotonic() + seconds, Counter[str]()
    found: list[str] = []
    with new_ground() as ground:
        while not tried["histories"] or time.monotonic() < deadline:
            number = seed + tried["histories"]
            with new_arena(ground) as arena:
                run = run_history(arena, number, is_long=not tried["histories"] % 10)
            tried.update(counted(run))
            found += [f"seed {number}: {words}" for words in run.found]
    return Outcome(dict(tried), found + vain(tried), [f"{CLIENTS} clients with {WISHES} wishes each per history"])


def counted(run: Run) -> Counter[str]:
    """What was tried, for whoever adds it up."""
    answers = run.answers
    return Counter(
        {
            "histories": 1,
            "wishes": len(run.history.exchanges),
            "wishes that were granted": answers["done"],
            "wishes that were refused": answers["refused"],
            "balances read": len(run.history.reads()),
            "looks at the tables meanwhile": run.snapshots,
        }
    )


def vain(tried: Counter[str]) -> list[str]:
    """I30: a run in which nearly nothing was granted, or nothing refused, shows nothing."""
    total = tried["wishes"] or 1
    done, refused = (100 * tried[f"wishes that were {what}"] / total for what in ("granted", "refused"))
    is_vain = done < LEAST_DONE or refused < LEAST_REFUSED
    return [f"I30: {done:.0f} % were granted and {refused:.0f} % refused"] if is_vain else []


PARTS = (Part("random histories beside the model", run_histories, share=2.0),)
