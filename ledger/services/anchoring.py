"""Copies of the seals outside of the database: one JSON line per seal, in a file that only grows (ADR 0018).

Who rewrites the database cannot make the file forget. The file never runs ahead of the database: a line is appended
after its seal is committed, and what a crash left out is appended by the next run.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ledger.models.tree import TreeSeal
from ledger.selectors.sealed_logs import SealedLog
from ledger.selectors.seals import head_of, seals_after

_TAIL_BYTES = 64 * 1024


class AnchorMismatch(Exception):
    """The file and the database tell different stories. Nothing is sealed until a person has looked."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """One line of the file: the seal's number and the whole line as it was read."""

    number: int
    line: str


def anchor_line(seal: TreeSeal, log: SealedLog) -> str:
    """What stands in the file about a seal."""
    return json.dumps(head_of(seal, log).as_json(bytes(seal.signature)), separators=(",", ":"))


def append_missing(log: SealedLog) -> int:
    """Bring the file of a log up to the committed seals and flush it to the disk. Safe to run in many places at once.

    Returns:
        How many lines were added; none without a SEAL_ANCHOR_FILE.

    Raises:
        AnchorMismatch: the file's last line is not what the database has, or more than it has.
        OSError: the file cannot be written.
    """
    if log.anchor_file is None:
        return 0
    with _locked(log.anchor_file) as file:
        last = _last_line(file)
        if last is not None:
            _require_same(last, log)
        added, number = 0, 0 if last is None else last.number
        for seal in seals_after(number, log):
            file.write(anchor_line(seal, log).encode() + b"\n")
            added += 1
        file.flush()
        os.fsync(file.fileno())
    return added


def read_anchor(path: Path) -> Iterator[Anchored]:
    """The lines of an anchor file, one at a time. A last line that was cut off does not count.

    Raises:
        AnchorMismatch: a line is not one of ours.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _parse(line)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    if is_new:
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_line(file: BinaryIO) -> Anchored | None:
    """The last whole line; what a crash left unfinished behind it is cut off."""
    start = file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        file.truncate(start + whole)
    lines = tail[:whole].splitlines()
    return _parse(lines[-1]) if lines else None


def _parse(line: bytes) -> Anchored:
    try:
        text = line.decode().rstrip("\n")
        members: dict[str, Any] = json.loads(text)
        return Anchored(int(members["number"]), text)
    except (ValueError, KeyError, TypeError) as error:
        raise AnchorMismatch("The anchor file has a line that is not a seal's.") from error


def _require_same(last: Anchored, log: SealedLog) -> None:
    seal = log.seals().filter(number=last.number).first()
    if seal is None:
        raise AnchorMismatch(f"The anchor file knows {log.title} {last.number}, the database does not.")
    if anchor_line(seal, log) != last.line:
        raise AnchorMismatch(f"{log.title.capitalize()} {last.number} is not what the anchor file says.")
