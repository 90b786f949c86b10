"""The form of an exported ledger: lines of JSON (NDJSON), compressed with Zstandard.

    {"format": "wallet-ledger", "version": 1, …}      the header: from where, how many rows of what, which columns
    ["event", "0199…", "TransactionCompleted", …]     a row: its section, then its columns as Postgres writes them
    {"sha256": "…"}                                   over all lines before this one

A file is good from the first line to the last or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

FORMAT = "wallet-ledger"
VERSION = 1
LEVEL = 3
PIECE = 4 * 1024
"""Bytes read at once. Zstandard can pack 128 KB into 4 bytes, so this bounds what a hostile file unpacks to."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. Longer than any row; a file that never ends a line must not fill the memory."""
OWNER_ONLY = 0o600

Row = list[str | None]


class ImportRefused(Exception):
    """The file cannot be imported, or not here. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    Attributes:
        source: which installation it comes from, for people.
        since: an extract from this day on, for reading only; None = the whole ledger.
        oldest: the day of its oldest row; None when it is empty.
        behind: readers of the outbox that had not handled all of it.
        columns, rows: of each section, in order.
    """

    source: dict[str, str]
    exported_at: str
    since: str | None
    oldest: str | None
    behind: list[str]
    columns: dict[str, list[str]]
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def line(self) -> bytes:
        return _line({"format": FORMAT, "version": VERSION, **asdict(self)})


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


class Writer:
    """Writes lines and, at the end, their hash. Use `new_file`."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = hashlib.sha256()

    def write(self, line: bytes) -> None:
        self._hash.update(line)
        self._out.write(line)

    def finish(self) -> None:
        self._out.write(_line({"sha256": self._hash.hexdigest()}))


@contextmanager
def new_file(path: Path) -> Iterator[Writer]:
    """A new file, readable by its owner only, that is there when it is whole, and not before.

    Raises:
        FileExistsError: something is there already.
    """
    if path.exists():
        raise FileExistsError(path)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with open(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY), "wb") as file:
            compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
            with compressor.stream_writer(file, closefd=False) as out:
                writer = Writer(out)
                yield writer
                writer.finish()
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


class Reader:
    """Reads a file and finds out whether it is whole. Its rows count only when `rows` has come to its end.

    Raises:
        ImportRefused: it is not, at the place where that shows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header = _header(_next(self._lines()))

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Each row with the name of its section; their order and numbers are as in the header."""
        lines = self._lines()
        hash = hashlib.sha256(next(lines) + b"\n")
        expected = chain.from_iterable(repeat(name, rows) for name, rows in self.header.rows.items())
        for name in expected:
            line = _next(lines)
            hash.update(line + b"\n")
            yield name, self._row(name, _parsed(line))
        end = _parsed(_next(lines))
        if end != {"sha256": hash.hexdigest()}:
            raise ImportRefused("It was altered: its content does not have the hash that its last line tells.")
        if next(lines, None) is not None:
            raise ImportRefused("Something follows its end.")

    def _row(self, name: str, value: Any) -> Row:
        is_row = (
            isinstance(value, list)
            and value[:1] == [name]
            and len(value) == len(self.header.columns[name]) + 1
            and all(item is None or isinstance(item, str) for item in value)
        )
        if not is_row:
            raise ImportRefused(f"A line is not the {name} that should be there.")
        return list(value[1:])

    def _lines(self) -> Iterator[bytes]:
        stream = zstandard.ZstdDecompressor().decompressobj()
        rest = b""
        try:
            with self._path.open("rb") as file:
                while piece := file.read(PIECE):
                    *lines, rest = (rest + stream.decompress(piece)).split(b"\n")
                    yield from lines
                    if len(rest) > LONGEST_LINE:
                        raise ImportRefused("A line is longer than any row.")
        except zstandard.ZstdError as error:
            raise ImportRefused(f"It is not readable as Zstandard: {error}.") from error
        if rest or not stream.eof:
            raise ImportRefused("It is cut off.")
        if stream.unused_data:
            raise ImportRefused("Something follows its end.")


def _next(lines: Iterator[bytes]) -> bytes:
    line = next(lines, None)
    if line is None:
        raise ImportRefused("It ends too early.")
    return line


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ImportRefused("A line is not JSON.") from error


def _header(line: bytes) -> Header:
    """
    Raises:
        ImportRefused: it is not one, or one of another version.
    """
    value = _parsed(line)
    if not isinstance(value, dict) or value.pop("format", None) != FORMAT:
        raise ImportRefused("It is not an exported ledger.")
    version = value.pop("version", None)
    if version != VERSION:
        raise ImportRefused(f"It has version {version!r} of the format; this service reads version {VERSION}.")
    try:
        header = Header(**value)
        is_sound = header.columns.keys() == header.rows.keys() and all(
            type(rows) is int and rows >= 0 for rows in header.rows.values()
        )
    except (TypeError, AttributeError):
        is_sound = False
    if not is_sound:
        raise ImportRefused("Its first line is not a header.")
    return header
