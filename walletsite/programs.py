"""What it takes to run a program: its command line, account, folder, environment and how it is asked to stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """A system account, by number."""

    user_id: int
    group_id: int


def _nothing() -> None:
    """Nothing has to be done before this program starts."""


@dataclass(frozen=True)
class Program:
    """A program that runs until it is told to stop."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    is_server: bool = False
    """Others need it: it starts before them and stops after them."""
    before_start: Callable[[], None] = _nothing
    """Runs before each start, also after a crash: clears what a killed predecessor left behind."""

    def popen_options(self) -> dict[str, Any]:
        """Arguments for `subprocess.Popen`. A session of its own keeps the terminal's Ctrl-C from reaching it."""
        options: dict[str, Any] = {"env": dict(self.environment), "cwd": self.folder, "start_new_session": True}
        if self.account is not None:
            options |= {"user": self.account.user_id, "group": self.account.group_id, "extra_groups": []}
        return options


def python_program(name: str, *arguments: str, environment: Mapping[str, str], folder: Path) -> Program:
    """A Python program of this checkout, with our environment and the given one over it."""
    whole = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
    return Program(name=name, argv=(sys.executable, *arguments), environment=whole, folder=folder)
