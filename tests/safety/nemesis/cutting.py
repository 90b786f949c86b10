"""Runs of cuts: one client after the other, where each cut has its request; and a crowd that posts in groups."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

from django.db import connections

from tests.safety.nemesis.paying import Payers, payers
from tests.safety.nemesis.proxy import Dice, Fault, Proxy, Switch, proxied
from tests.safety.parts import Outcome

CUTS = (Fault.BEFORE, Fault.AFTER, Fault.BEFORE, Fault.AFTER, Fault.EARLIER)
WANTED, CROWD = 10_000, 6


def cut_commits(cuts: int, *, seed: int, seconds: float = float("inf")) -> Outcome:
    """Cut so often, half before COMMIT arrives and half before its answer does; a few connections break earlier."""
    switch, random, deadline = Switch(), Random(seed), time.monotonic() + seconds
    with payers() as paying:
        with proxied(switch, seed=seed) as proxy:
            for fault in itertools.islice(itertools.cycle(CUTS), cuts):
                if time.monotonic() > deadline:
                    break
                paying.try_once(fault, switch, proxy, random)
        return _outcome(paying, proxy, {Fault.BEFORE, Fault.AFTER, Fault.EARLIER})


def cut_a_crowd(requests: int, *, seed: int, seconds: float = float("inf")) -> Outcome:
    """Many at once, so that one COMMIT carries the requests of several."""
    dice, deadline = Dice(Random(seed)), time.monotonic() + seconds
    with payers() as paying:
        with proxied(dice, seed=seed) as proxy, ThreadPoolExecutor(CROWD) as pool:
            shares = [pool.submit(_pay, paying, requests // CROWD, f"{seed}-{n}", deadline) for n in range(CROWD)]
            for share in shares:
                paying.flows.update(share.result())
        return _outcome(paying, proxy, {Fault.BEFORE, Fault.AFTER})


def _pay(paying: Payers, requests: int, seed: str, deadline: float) -> dict[int, int]:
    """One client's whole work: its flows."""
    random, flows = Random(seed), {0: 0, 1: 0}
    try:
        for _ in range(requests):
            if time.monotonic() > deadline:
                break
            granted = paying.ask(random)
            flows = {number: flows[number] + granted[number] for number in flows}
    finally:
        connections.close_all()
    return flows


def _outcome(paying: Payers, proxy: Proxy, meant: set[Fault]) -> Outcome:
    paying.check()
    answered = ", ".join(f"{times} x {what}" for what, times in sorted(paying.answers.items()))
    return Outcome({str(fault): proxy.fired[fault] for fault in sorted(meant)}, paying.found, [f"answers: {answered}"])


def run(seconds: float, seed: int) -> Outcome:
    """Four fifths of the time for single cuts, the rest for the crowd."""
    alone = cut_commits(WANTED, seed=seed, seconds=seconds * 0.8)
    crowd = cut_a_crowd(WANTED, seed=seed, seconds=seconds * 0.2)
    injected = {**alone.injected, **{f"{what}, in a crowd": times for what, times in crowd.injected.items()}}
    return Outcome(injected, [*alone.found, *crowd.found], [*alone.notes, *crowd.notes])
