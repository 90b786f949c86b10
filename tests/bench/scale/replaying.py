"""`python -m tests.bench.scale.replaying`: a replay in a process of its own, so that its memory can be told.

The environment says which database; writes what it saw as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import django
import psutil


def main() -> None:
    django.setup()
    from ledger.services.replay import replay  # its models need settings that are set up

    weights: dict[int, float] = {}

    def weigh(done: int, total: int) -> None:
        weights.setdefault(done * 4 // max(total, 1), _mebibytes())

    began = time.perf_counter()
    report = replay(weigh)
    seconds = time.perf_counter() - began
    told = {
        "events": report.events,
        "seconds": seconds,
        "at_a_quarter": weights.get(1, weights[max(weights)]),
        "at_the_end": weights[max(weights)],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "difference": str(report.difference or ""),
    }
    sys.stdout.write(json.dumps(told))


def _mebibytes() -> float:
    weight: int = psutil.Process().memory_info().rss
    return weight / 2**20


if __name__ == "__main__":
    main()
