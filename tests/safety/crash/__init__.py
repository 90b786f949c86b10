"""Crash points: everything that writes is killed with -9 before and after each of its statements, and done again."""

from tests.safety.parts import Outcome, Part


def _run(seconds: float, seed: int) -> Outcome:
    from tests.safety.crash.run import run  # its models need the settings of this very run

    return run(seconds, seed)


PARTS = (Part("crash points", _run, share=2.0),)
