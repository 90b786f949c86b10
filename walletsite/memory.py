"""How often a process that serves money looks for garbage (docs/performance.md)."""

from __future__ import annotations

import gc

THRESHOLDS = 50_000, 20, 50
"""New objects before the youngest are looked at, and so on. A batch of 512 transfers makes some 30,000."""


def settle() -> None:
    """Call it when everything is imported: what is there now is never looked at again, and what comes later less often.

    Nearly all that a request makes is freed by counting references. Python's own thresholds look through a quarter of a
    million objects of the framework again and again, in the middle of a batch, for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
