"""Faults that are put into the service on purpose, in memory, one at a time: a proof that cannot fail proves nothing.

`bugs` lists them, `run` lets one loose in a short run and says what noticed it.
"""

from tests.safety.canaries.run import run_canaries
from tests.safety.parts import Part

PARTS = (Part("canaries", run_canaries, share=0.5),)
