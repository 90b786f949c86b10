"""Relays as processes of their own, on the test's database and on a broker of choice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 30
_ROOT = Path(__file__).parents[4]
_PAUSING = """
import signal, os
from ledger.services.relay import publishing

def die(deliveries):
    assert deliveries, "published, and not marked"
    os.kill(os.getpid(), signal.SIGKILL)

publishing.record_deliveries = die
"""


@contextmanager
def relay_process(broker_url: str, *, dies_before_marking: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A relay that runs for the block.

    Args:
        dies_before_marking: it is killed after publishing, before it can say so to the database.
    """
    sabotage = _PAUSING if dies_before_marking else ""
    program = f"import django; django.setup(){sabotage}\nfrom django.core.management import call_command\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program + 'call_command("relay_outbox")'],
        cwd=_ROOT,
        env={**os.environ, "BROKER_URL": broker_url, "DJANGO_SETTINGS_MODULE": "walletsite.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
