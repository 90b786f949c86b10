"""Interleavings: two or three sessions, one statement at a time, in every order that there is time for."""

from tests.safety.parts import Outcome, Part


def _run(seconds: float, seed: int) -> Outcome:
    from tests.safety.interleaving.run import run  # its models need the settings of this very run

    return run(seconds, seed)


PARTS = (Part("interleavings", _run, share=2.0),)
