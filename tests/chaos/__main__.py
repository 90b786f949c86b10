"""`python -m tests.chaos`: exits with 1 when anything that is promised was not kept."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from random import SystemRandom

import django
from rich.console import Console

from tests.chaos.servers import installation

LOGS = Path(tempfile.gettempdir())


def main() -> int:
    asked, console = _arguments(), Console()
    seed = SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-", dir=LOGS))
    console.print(f"{asked.broker}, {asked.minutes:g} minutes, seed {seed}; logs in {folder}")
    with installation(folder, is_rabbitmq=asked.broker == "rabbitmq") as installed:
        os.environ.update(installed.environment)
        django.setup()
        from tests.chaos.run import run_chaos, run_silence  # its models need the settings of this very installation

        story = run_silence if asked.silence else run_chaos
        report = story(installed, minutes=asked.minutes, seed=seed, console=console, patience=asked.patience)
    report.show(console, f"{asked.broker}, {asked.minutes:g} minutes, seed {seed}")
    return 0 if report.is_good else 1


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.chaos", description="Kill parts of the service under load.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--broker", choices=("rabbitmq", "valkey"), default="rabbitmq")
    parser.add_argument("--seed", type=int, help="of an earlier run; otherwise one is chosen and shown")
    parser.add_argument("--silence", action="store_true", help="kill only the broker, once, for all of the time")
    parser.add_argument("--patience", type=float, default=1, help="how many times longer recovering may take")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
