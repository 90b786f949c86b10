"""Runs several programs as one: their lines under each other, restarts after a crash, one stop for all.

Own, because neither candidate does all three: `supervisor` cannot put a name before each line, `honcho` ends
everything when one program ends (docs/adr/0015-one-command-start.md).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import IO

from walletsite.programs import Program

STOP_SECONDS = 20
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10
STABLE_AFTER_SECONDS = 10
COLOURS = (36, 32, 33, 35, 34, 96)
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Terminal:
    """Writes whole lines of many threads, each with the name of its program in front."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = Lock()
        self._names: list[str] = []

    def write(self, name: str, line: str) -> None:
        label = f"{name:<8} |"
        if self._stream.isatty():
            label = f"\x1b[{self._colour_of(name)}m{label}\x1b[0m"
        with self._lock:
            print(label, line.rstrip(), file=self._stream, flush=True)

    def _colour_of(self, name: str) -> int:
        if name not in self._names:
            self._names.append(name)
        return COLOURS[self._names.index(name) % len(COLOURS)]


@dataclass
class _Supervised:
    """One program and the thread that keeps it running."""

    program: Program
    terminal: Terminal
    _is_stopping: Event = field(default_factory=Event)
    _process: subprocess.Popen[str] | None = None
    _lock: Lock = field(default_factory=Lock)

    def start(self) -> None:
        # Linux ends a child with the thread that made it, so this thread lives as long as its program.
        self._thread = Thread(target=self._keep_running, name=self.program.name)
        self._thread.start()

    def ask_to_stop(self) -> None:
        with self._lock:
            self._is_stopping.set()
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(self.program.stop_signal)

    def wait_until_stopped(self) -> None:
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive() and self._process is not None:
            self.terminal.write(self.program.name, f"did not stop within {STOP_SECONDS} s and is killed")
            _kill_group(self._process.pid)
            self._thread.join()

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._is_stopping.is_set():
            started = monotonic()
            exit_code = self._run_once()
            if self._is_stopping.is_set():
                return
            pause = FIRST_PAUSE_SECONDS if monotonic() - started > STABLE_AFTER_SECONDS else pause
            self.terminal.write(self.program.name, f"ended unasked ({exit_code}) and is started again")
            self._is_stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> int | str:
        try:
            self.program.before_start()
        except Exception as error:  # noqa: BLE001 - whatever it is, say it and try again
            return str(error)
        with self._lock:
            if self._is_stopping.is_set():
                return 0
            process = self._process = _spawn(self.program, output=subprocess.PIPE)
        reader = Thread(target=self._copy_lines, args=(process.stdout,), daemon=True)
        reader.start()
        exit_code = process.wait()
        _kill_group(process.pid)
        reader.join(timeout=1)  # a server's children outlive it a little, and keep the pipe
        return exit_code

    def _copy_lines(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self.terminal.write(self.program.name, line)


class Supervisor:
    """Keeps programs running until `stop`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._supervised: list[_Supervised] = []

    def start(self, programs: Sequence[Program]) -> None:
        for program in programs:
            supervised = _Supervised(program, self._terminal)
            self._supervised.append(supervised)
            supervised.start()

    def stop(self) -> None:
        """Stop everything, the last started first: what uses a server ends before the server does."""
        servers = [one for one in self._supervised if one.program.is_server]
        users = [one for one in self._supervised if not one.program.is_server]
        for group in (users, servers):
            for supervised in group:
                supervised.ask_to_stop()
            for supervised in group:
                supervised.wait_until_stopped()


def run_to_end(program: Program) -> int:
    """Run a program that ends by itself, on the terminal of ours, so that it can draw a progress bar."""
    process = _spawn(program, output=None)
    try:
        return process.wait()
    except BaseException:
        process.send_signal(program.stop_signal)
        process.wait()
        raise


def _spawn(program: Program, *, output: int | None) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own programs
        program.argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        text=True,
        errors="replace",
        preexec_fn=_end_with_parent(program.stop_signal),
        **program.popen_options(),
    )


def _end_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Where the system can: when we are killed, our programs are asked to stop."""
    libc = _libc
    return None if libc is None else lambda: libc.prctl(PR_SET_PDEATHSIG, int(how))


def _kill_group(leader: int) -> None:
    """End what a dead leader left of its group: half a web server would hold the port."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
