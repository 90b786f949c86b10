"""Kills at random moments, of all victims independently, so that often several are away at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random

from tests.chaos.servers import Victim

LONGEST_PAUSE_SECONDS = 5


class Nemesis:
    """Somebody who kills.

    Args:
        victims: by name, each with how many seconds it lives on average. Each dies once at least.
        seed: the same one means the same moments, as far as the machine is as fast as it was.
    """

    def __init__(self, victims: Mapping[str, tuple[Victim, float]], *, seed: int, seconds: float) -> None:
        self._victims = victims
        self._seed = seed
        self._seconds = seconds
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(len(victims))
        self._hunts: list[Future[None]] = []
        self.kills: Counter[str] = Counter()

    def begin(self) -> None:
        self._hunts = [self._pool.submit(self._hunt, name) for name in self._victims]

    def stop(self) -> None:
        """No more kills; returns when everything has been started again."""
        self._stopped.set()
        for hunt in self._hunts:
            hunt.result()
        self._pool.shutdown()

    def _hunt(self, name: str) -> None:
        victim, mean_seconds = self._victims[name]
        random = Random(f"{self._seed}-{name}")
        pause = random.uniform(0.1, 0.6) * min(mean_seconds, self._seconds)
        while not self._stopped.wait(pause):
            victim.kill()
            self.kills[name] += 1
            self._stopped.wait(random.uniform(0, LONGEST_PAUSE_SECONDS))
            victim.start()
            pause = random.expovariate(1 / mean_seconds)
