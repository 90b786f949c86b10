"""`python -m tests.safety`: every part of the proof, one after the other; exits with 1 when one found something."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom

import django
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.safety.page import PAGE, RESULT, page_of
from tests.safety.parts import Outcome, Part
from tests.safety.result import PartResult, Result

HERE = "tests.safety"
PACKAGES = ("sequences", "histories", "long_histories", "canaries", "crash", "interleaving", "nemesis", "fuzz")
ROOT = Path(__file__).parents[2]


def main() -> int:
    asked, console = _arguments(), Console()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("LOG_LEVEL", "CRITICAL")  # what is refused on purpose is no news
    django.setup()
    parts = [part for part in _parts() if not asked.only or part.name in asked.only]
    seed = SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    commit = _commit()
    console.print(f"{asked.minutes:g} minutes, seed {seed}, commit {commit}: {', '.join(part.name for part in parts)}")
    result = Result(datetime.now(UTC).date().isoformat(), commit, seed, asked.minutes)
    result.parts += _run(parts, 60 * asked.minutes, seed, console)
    _show(result, console)
    asked.result.write_text(result.as_text(), encoding="utf-8")
    if asked.page:
        PAGE.write_text(page_of(result), encoding="utf-8")
    return 0 if all(part.outcome.is_good for part in result.parts) else 1


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.safety", description="Try to make the ledger lose money.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, help="of an earlier run; otherwise one is chosen and shown")
    parser.add_argument("--only", action="append", metavar="PART", help="a part by its name; may be said again")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the figures go, as JSON")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.name} anew from them")
    return parser.parse_args()


def _parts() -> list[Part]:
    found: list[Part] = []
    for name in PACKAGES:
        if find_spec(f"{HERE}.{name}") is not None:
            found += import_module(f"{HERE}.{name}").PARTS
    return found


def _commit() -> str:
    done = subprocess.run(  # of this checkout
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the one on the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def _run(parts: list[Part], seconds: float, seed: int, console: Console) -> list[PartResult]:
    shares = sum(part.share for part in parts)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total}")
    results = []
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task("", total=len(parts))
        for part in parts:
            bar.update(task, description=part.name)
            began = time.monotonic()
            outcome = _outcome(part, seconds * part.share / shares, seed)
            results.append(PartResult(part.name, outcome, time.monotonic() - began))
            bar.advance(task)
    return results


def _outcome(part: Part, seconds: float, seed: int) -> Outcome:
    """A part that breaks is no reason to leave out the others."""
    try:
        return part.run(seconds, seed)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Outcome({"runs": 1}, [f"it broke: {type(error).__name__}: {error}"[:500]])


def _show(result: Result, console: Console) -> None:
    table = Table("part", "seconds", "tried", "found")
    for part in result.parts:
        tried = "\n".join(f"{times:,} {what}" for what, times in part.outcome.injected.items())
        void = (
            [f"void: never fired: {', '.join(part.outcome.never_fired) or 'anything'}"] if part.outcome.is_void else []
        )
        table.add_row(
            part.name, f"{part.seconds:.0f}", tried, "\n".join([*part.outcome.found[:20], *void]) or "nothing"
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
