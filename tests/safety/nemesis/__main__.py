"""`python -m tests.safety.nemesis STORY`: a service of its own on servers of its own; the last line is what came of it.

A program, because the models need the settings of this very installation.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import django

from tests.chaos.servers import installation
from tests.safety.nemesis.disks import NotPermitted, small_disk

STORIES = ("valkey", "clock", "disk")


def main() -> int:
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix=f"nemesis-{asked.story}-{asked.seed}-"))
    with ExitStack() as stack:
        if asked.story == "disk":
            try:
                os.environ["EMBEDDED_DATA_DIR"] = str(stack.enter_context(small_disk()))
            except NotPermitted as why:
                _say({"not_permitted": str(why)})
                return 0
        installed = stack.enter_context(installation(folder, is_rabbitmq=False))
        os.environ.update(installed.environment)
        django.setup()
        from tests.safety.nemesis import stories  # its models need the settings of this very installation

        tell = {"valkey": stories.valkey_story, "clock": stories.clock_story, "disk": stories.disk_story}[asked.story]
        _say(asdict(tell(installed, seconds=asked.seconds, seed=asked.seed)))
    return 0


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.safety.nemesis", description="Hurt the world around the service.")
    parser.add_argument("story", choices=STORIES)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
