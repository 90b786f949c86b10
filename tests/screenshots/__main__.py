"""`python -m tests.screenshots`: the pictures of the guide to the back office, taken of the demo company."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

import django
from rich.console import Console

from tests.chaos.servers import installation
from walletsite.embedded.places import CHECKOUT


def main() -> int:
    asked, console = _arguments(), Console()
    folder = Path(tempfile.mkdtemp(prefix="screenshots-"))
    console.print(f"Logs in {folder}")
    with installation(folder, is_rabbitmq=False) as installed:
        # Playwright keeps an event loop in this thread, in which Django would refuse to talk to the database.
        os.environ.update({**installed.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "yes", "EMAIL_URL": "dummymail://"})
        django.setup()
        from tests.screenshots.taking import Look, take  # its models need the settings of this very installation

        installed.start_background()
        look = Look(asked.into, asked.width, "dark" if asked.dark else "light", frozenset(asked.only or ()))
        take(look, folder=folder, console=console)
    return 0


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.screenshots", description="Take pictures of the back office.")
    parser.add_argument("--into", type=Path, default=CHECKOUT / "docs" / "screenshots", help="the folder")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels; 390 is a phone")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", action="append", metavar="NAME", help="this picture, and others named like this")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
