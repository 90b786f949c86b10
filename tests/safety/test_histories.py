"""A few random histories; `make proof` runs thousands."""

from __future__ import annotations

import pytest

from tests.safety.arena import Arena
from tests.safety.histories import counted, run_history, vain


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_history_fits_the_model(arena: Arena, seed: int) -> None:
    run = run_history(arena, seed, is_long=seed == 1)
    assert not run.found, "\n".join([f"seed {seed}", *run.found[:20]])
    assert not vain(counted(run))
    assert run.snapshots
