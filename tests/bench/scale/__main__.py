"""`python -m tests.bench.scale`: prints tables, writes JSON. Goals that were missed are said so, and fail nothing."""

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
    folder = Path(tempfile.mkdtemp(prefix="bench-scale-"))
    console.print(f"{asked.reference:,} and {asked.postings:,} postings; logs in {folder}")
    with installation(folder, is_rabbitmq=False) as installed:
        os.environ.update(installed.environment)
        django.setup()
        from tests.bench.scale.figures import as_json, show  # their models need the settings of this very installation
        from tests.bench.scale.run import make_ledgers, run

        sizes = {"postings": asked.postings, "reference": asked.reference, "wallets": asked.wallets}
        ledgers = make_ledgers(installed, **sizes, console=console)
        figures = run(ledgers, rounds=asked.rounds, seconds=asked.seconds, console=console)
        for ledger in ledgers.values():
            ledger.connection.close()
    show(figures, console)
    asked.json.write_text(json.dumps(as_json(figures), indent=2))
    console.print(f"The same as JSON: {asked.json}")
    return 0


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench.scale", description="Measure a ledger that has become large.")
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--reference", type=int, default=10_000, help="postings of the small ledger beside it")
    parser.add_argument("--wallets", type=int, default=2_001, help="the hot one among them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of posting, for each figure of a round")
    parser.add_argument("--json", type=Path, default=Path(tempfile.gettempdir()) / "bench-scale.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
