"""What happens to a running service: each story does something to the world around it while clients move money."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID

import redis
from django.db import connection, connections

from ledger.models import Command, Event, Reservation
from ledger.selectors.balances import wallet_figures
from ledger.selectors.clock import database_now
from ledger.services.invariants import check_invariants
from tests.api.server import WebServer
from tests.chaos.load import Load
from tests.chaos.servers import Installation, Valkey
from tests.chaos.stage import Tokens
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.safety.nemesis.clocks import Clock, ShiftedTokens, let_log_ins_live
from tests.safety.nemesis.disks import Ballast
from tests.safety.parts import Outcome
from tests.wallets.scene import give_wallet

FUNDS, WALLETS, CENTS, EVERY = 1_000_000, 12, 100, 7
RESTART_SECONDS, HOLD_SECONDS, SLACK_SECONDS = 60, 86_400, 60


@dataclass
class Play:
    """The service, and clients at work; nothing happens to it yet."""

    installed: Installation
    cast: Cast
    wallets: list[str]
    seed: int
    loads: list[Load] = field(default_factory=list)

    def add(self, server: WebServer, token: Tokens | ShiftedTokens) -> Load:
        """Clients of a server that runs."""
        load = Load(server.port, token, self.wallets, self.seed + len(self.loads), clients=3)
        self.loads.append(load)
        load.begin()
        return load

    def settle(self) -> list[str]:
        """Let every wish get its final answer, and look whether all answers were true."""
        for load in self.loads:
            load.stop()
        connections.close_all()
        wishes = [wish for load in self.loads for wish in load.wishes]
        found = [f"{times} x unexpected {what}" for load in self.loads for what, times in load.surprises.items()]
        keys = Command.objects.filter(scope=f"api:{self.cast.bookings.id}", outcome="ACCEPTED")
        stored = Counter(keys.values_list("key", flat=True))
        wanted = {wish.key for wish in wishes if wish.status < 300}
        found += [f"{len(wanted - set(stored))} acknowledged and not stored"] * bool(wanted - set(stored))
        found += [f"{len(set(stored) - wanted)} stored and not asked for"] * bool(set(stored) - wanted)
        other = sum(load.repeat(EVERY) for load in self.loads)
        found += [f"{other} x another answer under the same key"] * bool(other)
        found += self._balances()
        return found + [f"invariant {finding.invariant.id}" for finding in check_invariants() if finding.broken]

    def _balances(self) -> Iterator[str]:
        cents: Counter[str] = Counter()
        for load in self.loads:
            cents.update(load.flows())
        figures = wallet_figures([UUID(wallet) for wallet in self.wallets])
        for wallet in self.wallets:
            if figures[UUID(wallet)].available * CENTS != FUNDS * CENTS + cents[wallet]:
                yield f"a wallet is off: {figures[UUID(wallet)].available}"

    @property
    def repeated(self) -> int:
        return sum(wish.tries > 1 for load in self.loads for wish in load.wishes)

    @property
    def answered(self) -> int:
        return sum(len(load.wishes) for load in self.loads)


@contextmanager
def playing(installed: Installation, seed: int) -> Iterator[Play]:
    """A company with wallets; no server and no clients yet."""
    cast = make_cast()
    wallets = [str(give_wallet(UserFactory(company=cast.company), str(FUNDS)).id) for _ in range(WALLETS)]
    connection.close()
    play = Play(installed, cast, wallets, seed)
    try:
        yield play
    finally:
        for load in play.loads:
            load.end()


@contextmanager
def serving(installed: Installation, name: str, more: dict[str, str] | None = None) -> Iterator[WebServer]:
    server = WebServer(installed.folder / f"{name}.log", {**installed.environment, **(more or {})})
    try:
        server.start()
        yield server
    finally:
        server.stop()


def valkey_story(installed: Installation, *, seconds: float, seed: int) -> Outcome:
    """Valkey is stopped, flushed and killed at random: not one request about money may even have to be repeated."""
    random, did, spans = Random(f"{seed}-valkey"), Counter[str](), list[tuple[float, float]]()
    valkey = installed.broker
    assert isinstance(valkey, Valkey)
    with playing(installed, seed) as play, serving(installed, "web") as server:
        play.add(server, Tokens(play.cast.bookings))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or len(did) < len(_VALKEY):
            time.sleep(random.uniform(0.2, 1.5))
            kind, began = random.choice(_VALKEY), time.monotonic()
            _do_to(valkey, kind, random.uniform(0.5, min(30, max(seconds / 6, 1))))
            did[kind] += 1
            spans.append((began, time.monotonic()))
        found = play.settle()
    found += [f"{play.repeated} requests had to be repeated"] * bool(play.repeated)
    return Outcome(dict(did), found, [f"{play.answered} requests", _medians(play, spans)])


_VALKEY = ("Valkey flushed", "Valkey stopped", "Valkey killed")


def _do_to(valkey: Valkey, kind: str, seconds: float) -> None:
    process = valkey.process.process
    assert process is not None
    if kind == "Valkey flushed":
        with redis.Redis.from_url(valkey.server.url()) as client:
            client.flushall()
    elif kind == "Valkey stopped":
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGCONT)
    else:
        valkey.kill()
        time.sleep(seconds)
        valkey.start()


def _medians(play: Play, spans: Sequence[tuple[float, float]]) -> str:
    """How long requests took while something was wrong, and otherwise."""
    during, otherwise = list[float](), list[float]()
    for wish in (wish for load in play.loads for wish in load.wishes):
        is_during = any(began <= wish.answered_at <= ended for began, ended in spans)
        (during if is_during else otherwise).append(wish.seconds * 1000)
    if not during or not otherwise:
        return "no times to compare"
    return f"median {statistics.median(during):.0f} ms during faults, {statistics.median(otherwise):.0f} ms otherwise"


def clock_story(installed: Installation, *, seconds: float, seed: int) -> Outcome:
    """Two web servers on one database; the clock of one jumps by days. Money knows the time of the database only."""
    random, skews, clock = Random(f"{seed}-clock"), Counter[str](), Clock(installed.folder / "clock")
    with playing(installed, seed) as play:
        tokens = ShiftedTokens(Tokens(play.cast.bookings), clock)
        let_log_ins_live(10, tokens.inner)
        began = database_now()
        connection.close()
        with serving(installed, "right") as right, serving(installed, "wrong", clock.environment()) as wrong:
            play.add(right, tokens.inner)
            jumping = play.add(wrong, tokens)
            deadline = time.monotonic() + seconds
            while (now := time.monotonic()) < deadline or (now < deadline + SLACK_SECONDS and _missing(skews)):
                before, skew = len(jumping.wishes), random.choice(Clock.SKEWS)
                clock.jump(skew)
                time.sleep(random.uniform(1, 2.5))
                skews[f"clock {skew:+d} s"] += len(jumping.wishes) > before
            jumping.stop()
            jumping.port = right.port
            clock.jump(0)
            found = play.settle()
        ended = database_now()
    found += list(_of_times(began.timestamp(), ended.timestamp()))
    notes = [f"{play.answered} requests, {len(jumping.wishes)} at the server whose clock jumped"]
    return Outcome(dict(skews), found, notes)


def _missing(skews: Counter[str]) -> bool:
    return len(+skews) < len(Clock.SKEWS)


def _of_times(began: float, ended: float) -> Iterator[str]:
    """Every time that counts for money lies within the run, by the clock of the database."""
    moments = Event.objects.filter(type="TransactionCompleted").values_list("recorded_at", "effective_at")
    off = [pair for pair in moments if any(not began <= moment.timestamp() <= ended for moment in pair)]
    if len(off) > WALLETS:  # the first money came before
        yield f"{len(off) - WALLETS} events are dated outside of the run"
    for until in Reservation.objects.values_list("expires_at", flat=True):
        if not began <= until.timestamp() - HOLD_SECONDS <= ended:
            yield f"a hold ends at {until}"


def disk_story(installed: Installation, *, seconds: float, seed: int) -> Outcome:
    """The disk of the database is full, again and again: 503, nothing acknowledged is lost, and it recovers."""
    ballast, did, restarts = Ballast(Path(os.environ["EMBEDDED_DATA_DIR"])), Counter[str](), 0
    with playing(installed, seed) as play, serving(installed, "web") as server:
        load = play.add(server, Tokens(play.cast.bookings))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or not did:
            time.sleep(1)
            before = _answered(load)
            ballast.fill()
            did["disk full"] += _wait_until_stuck(load, RESTART_SECONDS)
            is_alive = server.get("/health") == 200
            did["still healthy"] += is_alive
            ballast.drop()
            restarts += _start_again(installed)
            _wait_until_it_goes_on(load, before)
        found = play.settle()
    return Outcome(dict(did), found, [f"{play.answered} requests, {play.repeated} repeated; {restarts} restarts"])


def _answered(load: Load) -> int:
    return sum(wish.status == 201 for wish in list(load.wishes))


def _wait_until_stuck(load: Load, patience: float) -> bool:
    """Whether nothing is granted any more for two seconds."""
    deadline, last, since = time.monotonic() + patience, _answered(load), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.2)
        if (now := _answered(load)) != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > 2:
            return True
    return False


def _start_again(installed: Installation) -> bool:
    """A server that found no room for its log has ended; whoever supervises it starts it again."""
    process = installed.postgres.process
    assert process is not None
    with suppress(Exception):
        process.wait(2)
    if process.poll() is None:
        return False
    installed.postgres.start()
    return True


def _wait_until_it_goes_on(load: Load, before: int) -> None:
    deadline, now = time.monotonic() + RESTART_SECONDS, _answered(load)
    while _answered(load) <= now:
        assert time.monotonic() < deadline, f"it does not recover; {before} before"
        time.sleep(0.1)
