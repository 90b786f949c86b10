"""Faults of the world around the service: connections that break, servers that hang, disks that are full, clocks that
jump; and clients that look whether what they are told then is true."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.safety.parts import Outcome, Part

ROOT = Path(__file__).parents[3]
END_SECONDS = 300
"""What a story may take for its servers, and for the final answers, besides its own time."""


class NotPermitted(Exception):
    """This machine does not let us do it."""


def tell(story: str, seconds: float, seed: int) -> Outcome:
    """Let one of `python -m tests.safety.nemesis` run.

    Raises:
        NotPermitted: with what the machine said.
    """
    program = [sys.executable, "-m", "tests.safety.nemesis", story, "--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds + END_SECONDS)
    if done.returncode:
        return Outcome({story: 1}, [f"{story} broke: {(done.stdout + done.stderr)[-3000:]}"])
    told = json.loads(done.stdout.splitlines()[-1])
    if "not_permitted" in told:
        raise NotPermitted(told["not_permitted"])
    return Outcome(**told)


def _story(story: str, seconds: float, seed: int) -> Outcome:
    try:
        return tell(story, seconds, seed)
    except NotPermitted as why:
        return Outcome({story: 0}, [], [f"not permitted here: {why}"])


def _cut_commits(seconds: float, seed: int) -> Outcome:
    from tests.safety.nemesis.cutting import run  # models need settings, which whoever reads this list may not have yet

    return run(seconds, seed)


PARTS: list[Part] = [
    Part("connections cut around COMMIT", _cut_commits, share=3),
    Part("Valkey stopped, flushed and killed", partial(_story, "valkey")),
    Part("a clock that jumps", partial(_story, "clock")),
    Part("a full disk", partial(_story, "disk")),
]
