"""Less than a minute of `make chaos`, on either broker: the very program, with its exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import rabbit
from walletsite.embedded.places import CHECKOUT

MINUTES, SEED, PATIENCE = "0.5", "20260314", "5"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broker", ["rabbitmq", "valkey"])
def test_everything_is_killed_and_nothing_is_missing(broker: str) -> None:
    if broker == "rabbitmq":
        rabbit.require_installed()
    program = [sys.executable, "-m", "tests.chaos", "--minutes", MINUTES, "--seed", SEED, "--patience", PATIENCE]
    done = subprocess.run([*program, "--broker", broker], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
