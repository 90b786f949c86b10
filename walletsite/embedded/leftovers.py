"""Finds server processes by what they serve, so that a number from an old file is never trusted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from signal import Signals

import psutil

from walletsite.embedded.places import EmbeddedServerError

GONE_SECONDS = 20


def processes_started_with(path: Path) -> list[psutil.Process]:
    """The processes whose command line names this path as a word of its own."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if str(path) in (process.info["cmdline"] or ())]


def processes_in(folder: Path, *, name: str) -> list[psutil.Process]:
    """The processes of this name whose working directory is this folder (servers' children retitle themselves)."""
    found = psutil.process_iter(["cwd", "name"])
    return [process for process in found if process.info["cwd"] == str(folder) and process.info["name"] == name]


def stop(processes: Iterable[psutil.Process], how: Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)


def wait_until_gone(find: Callable[[], list[psutil.Process]]) -> None:
    """Wait until `find` finds nothing any more.

    Raises:
        EmbeddedServerError: something stays for too long.
    """
    deadline = time.monotonic() + GONE_SECONDS
    while left := find():
        if time.monotonic() > deadline:
            numbers = ", ".join(str(process.pid) for process in left)
            raise EmbeddedServerError(f"An earlier embedded server does not stop (process {numbers}).")
        time.sleep(0.05)
