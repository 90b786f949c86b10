"""`python -m tests.bench`: prints tables, writes JSON. Goals that were missed are said so, and fail nothing."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

import django
from rich.console import Console

from tests.chaos.servers import installation


def main() -> int:
    asked, console = _arguments(), Console()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    console.print(f"{asked.rounds} rounds of {asked.seconds:g} s each; logs in {folder}")
    with installation(folder, is_rabbitmq=False) as installed:
        os.environ.update(installed.environment)
        django.setup()
        from tests.bench.figures import as_json, show  # their models need the settings of this very installation
        from tests.bench.run import run

        figures = run(installed, rounds=asked.rounds, seconds=asked.seconds, console=console)
    show(figures, console)
    asked.json.write_text(json.dumps(as_json(figures), indent=2))
    console.print(f"The same as JSON: {asked.json}")
    return 0


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench", description="Measure the service.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="for each figure of a round")
    parser.add_argument("--json", type=Path, default=Path(tempfile.gettempdir()) / "bench.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
