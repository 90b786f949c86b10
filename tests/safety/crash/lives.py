"""The life of a process that does one thing: a fork with sessions of its own, killed with -9 where its fate says.

A request that is done has been answered (`tell`); what it has told, its parent has read, however it dies.
"""

from __future__ import annotations

import json
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connections

from tests.safety.crash.state import Observer

UNEXPECTED = 70
LONGEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got. `key`: under which it is kept; "" = it is not kept as one."""

    status: int
    body: str
    key: str = ""
    is_replay: bool = False


Tell = Callable[[Answer], None]
Act = Callable[[Tell], None]
"""Does the thing, and tells each answer as it leaves; may be done again."""
Note = Callable[[str, Any], None]
"""Writes something down for the parent."""
Fate = Callable[[Note], AbstractContextManager[None]]


@dataclass(slots=True)
class Life:
    """What became of a process.

    Attributes:
        notes: what its fate wrote down.
        error: why it ended by itself before it was done; "" = it did not.
    """

    answers: list[Answer] = field(default_factory=list)
    notes: list[tuple[str, Any]] = field(default_factory=list)
    was_killed: bool = False
    is_done: bool = False
    error: str = ""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(LONGEST_SECONDS)  # not reached


def live(act: Act, fate: Fate, observer: Observer) -> Life:
    """Do something in a process of its own. One that comes to the end of it is killed there, after its last answer.

    Returns:
        Its life, when the database has noticed that it is over.
    """
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_a_process(act, fate, writing)
    os.close(writing)
    life = _read(reading)
    _, status = os.waitpid(child, 0)
    life.was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    observer.wait_for_end_of(_name_of(child))
    return life


def _name_of(pid: int) -> str:
    """What the sessions of a process are called at the server."""
    return f"wallet-killed-{pid}"


def _be_a_process(act: Act, fate: Fate, writing: int) -> None:
    """Never returns: nothing of the parent's may be run to its end here."""

    def note(kind: str, what: Any) -> None:
        os.write(writing, json.dumps([kind, what]).encode() + b"\n")

    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST_SECONDS)
        connections["default"].settings_dict["OPTIONS"]["application_name"] = _name_of(os.getpid())
        with fate(note):
            act(lambda answer: note("answer", asdict(answer)))
        note("done", None)
        die()
    except BaseException:  # noqa: BLE001 (the parent looks at it)
        note("error", traceback.format_exc())
    finally:
        os._exit(UNEXPECTED)


def _read(reading: int) -> Life:
    life = Life()
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            kind, what = json.loads(line)
            match kind:
                case "answer":
                    life.answers.append(Answer(**what))
                case "done":
                    life.is_done = True
                case "error":
                    life.error = what
                case _:
                    life.notes.append((kind, what))
    return life
