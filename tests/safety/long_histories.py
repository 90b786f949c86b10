"""Few clients, many wishes: whether one order explains two thousand operations, and how long it takes to say so."""

from __future__ import annotations

import time
from collections import Counter

from tests.safety.arena import new_arena, new_ground
from tests.safety.checker import read
from tests.safety.checker.graph import serializable
from tests.safety.histories import counted, run_history, vain
from tests.safety.parts import Outcome, Part

CLIENTS, WISHES = 8, 250
PATIENCE_SECONDS = 10


def run_long_histories(seconds: float, seed: int) -> Outcome:
    deadline, tried = time.monotonic() + seconds, Counter[str]()
    found: list[str] = []
    slowest = 0.0
    with new_ground() as ground:
        while not tried["histories"] or time.monotonic() < deadline:
            number = seed + tried["histories"]
            with new_arena(ground) as arena:
                run = run_history(arena, number, clients=CLIENTS, wishes=WISHES, is_long=False)
                books, began = read(arena.superuser_url), time.monotonic()
                assert not list(serializable(books, run.history)) or run.violations, "it was looked at before"
                slowest = max(slowest, time.monotonic() - began)
            tried.update(counted(run))
            found += [f"seed {number}: {words}" for words in run.found]
    if slowest > PATIENCE_SECONDS:
        found.append(f"I22: the order of {CLIENTS * WISHES} operations took {slowest:.1f} s to find")
    note = f"the order of {CLIENTS * WISHES} operations was found in {slowest:.2f} s at most"
    return Outcome(dict(tried), found + vain(tried), [note])


PARTS = (Part("histories of two thousand wishes", run_long_histories, share=1.0),)
