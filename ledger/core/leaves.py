"""What is sealed of a row: every column of it, and of the rows that hang on it, as bytes (docs/sealing.md).

A leaf holds no row but a commitment to each part of the rows: a hash over a random salt and the part's bytes. Whoever
may see a part is given salt and bytes and checks them; of all others the leaf tells nothing (ADR 0018).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from ledger.core.events import POSTINGS_PER_EVENT

FORMAT = 1
SALT_BYTES = SECRET_BYTES = 16
_SLOT_BYTES = 35
_HEADER_BYTES = 41

Row = Mapping[str, str | None]
"""A row by column, each value as Postgres writes it; None where the column is empty."""


class Kind(IntEnum):
    """The parts of a leaf.

    Of an event: what the history of a document shows, what only its parties' minders see, one posting. Of a record:
    one column, or one column that the law may want erased one day.
    """

    EVENT = 1
    DETAIL = 2
    POSTING = 3
    COLUMN = 4
    ERASABLE = 5

    @property
    def title(self) -> str:
        return self.name.lower()


DETAIL_COLUMNS = frozenset({"data", "session_id", "correlation_id"})
"""Columns of an event that may speak of other people's wallets or log-ins: a part of their own."""


class Slot(NamedTuple):
    """The place of a part in its leaf. `line` counts an event's postings from 1 and is 0 for the event's own parts; of
    a record it is the `column_mark`."""

    kind: Kind
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of one row, as they are hashed."""

    slot: Slot
    data: bytes

    def commitment(self, secret: bytes) -> bytes:
        return commitment(self.data, salt_of(secret, self.slot))


def parts_of(event: Row, postings: Sequence[Row]) -> list[Part]:
    """The parts of an event, in the order of its leaf: together every column of every row, each once."""
    shown = {name: value for name, value in event.items() if name not in DETAIL_COLUMNS}
    detail = {name: value for name, value in event.items() if name in DETAIL_COLUMNS}
    own = [_part(Slot(Kind.EVENT, 0), shown), _part(Slot(Kind.DETAIL, 0), detail)]
    return own + [_part(Slot(Kind.POSTING, line_of(UUID(row["id"]))), row) for row in postings]


def column_parts(table: str, row: Row, erasable: Collection[str]) -> list[Part]:
    """The parts of a record, by slot: each column by itself, so that the one that was changed can be named, and one
    that was erased leaves the others provable. Empty ones are left out.

    Args:
        erasable: columns whose salts come from a secret of their own, which can be destroyed with them.
    """
    parts = [
        Part(column_slot(table, name, erasable), _word(table) + _word(name) + _text(value))
        for name, value in row.items()
        if value is not None
    ]
    return sorted(parts, key=attrgetter("slot"))


def column_slot(table: str, name: str, erasable: Collection[str]) -> Slot:
    return Slot(Kind.ERASABLE if name in erasable else Kind.COLUMN, column_mark(table, name))


@cache
def column_mark(table: str, name: str) -> int:
    """The number of a column: it needs no list that would have to be kept in order."""
    return int.from_bytes(sha256(f"{table}.{name}".encode()).digest()[:2])


def line_of(posting_id: UUID) -> int:
    """Which posting of its event an id belongs to, from 1."""
    return posting_id.int & POSTINGS_PER_EVENT


def _part(slot: Slot, row: Row) -> Part:
    """Columns by name, the empty ones left out: so a column that is added later changes no older leaf, and one that
    is filled afterwards does."""
    columns = [_word(name) + _text(value) for name, value in sorted(row.items()) if value is not None]
    return Part(slot, _word(slot.kind.title) + b"".join(columns))


@cache
def _word(name: str) -> bytes:
    """The names of columns and kinds: few, and asked for each row."""
    return _text(name)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(4) + encoded


def salt_of(secret: bytes, slot: Slot) -> bytes:
    """The salt of one part, from the leaf's secret: one salt says nothing of another. The secret of a record has a
    second half, for what is erasable: once it is destroyed, nobody can try values against the commitment."""
    half = secret[SECRET_BYTES:] if slot.kind is Kind.ERASABLE else secret[:SECRET_BYTES]
    return sha256(b"\x03" + half + slot.kind.to_bytes(1) + slot.line.to_bytes(2)).digest()[:SALT_BYTES]


def commitment(data: bytes, salt: bytes) -> bytes:
    return sha256(b"\x02" + salt + data).digest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the canonical bytes of a leaf say.

    Attributes:
        index: its place in the tree.
        row_id: of the event or record.
        secret_mark: tells whether the stored secret of the leaf is still the one that was sealed.
        commitments: to each part, in order.
    """

    index: int
    row_id: UUID
    secret_mark: bytes
    commitments: Mapping[Slot, bytes]

    def data(self) -> bytes:
        """The canonical bytes; the leaf's hash is `merkle.leaf_hash` of them."""
        place = FORMAT.to_bytes(1) + self.index.to_bytes(8)
        slots = (slot.kind.to_bytes(1) + slot.line.to_bytes(2) + digest for slot, digest in self.commitments.items())
        return place + self.row_id.bytes + self.secret_mark + b"".join(slots)


def seal_parts(index: int, row_id: UUID, parts: Sequence[Part], secret: bytes) -> Leaf:
    """The leaf over these parts."""
    return Leaf(index, row_id, mark_of(secret), {part.slot: part.commitment(secret) for part in parts})


def mark_of(secret: bytes) -> bytes:
    """Says nothing of the half for what is erasable: the leaf has to stay as it is when that one is destroyed."""
    return sha256(b"\x04" + secret[:SECRET_BYTES]).digest()[:SALT_BYTES]


def read_leaf(data: bytes) -> Leaf:
    """A leaf from its canonical bytes.

    Raises:
        ValueError: not a leaf of this format.
    """
    length = len(data) - _HEADER_BYTES
    if length < 0 or length % _SLOT_BYTES or data[0] != FORMAT:
        raise ValueError("these are not the bytes of a leaf")
    slots = dict(_slots(data[_HEADER_BYTES:]))
    return Leaf(int.from_bytes(data[1:9]), UUID(bytes=data[9:25]), data[25:_HEADER_BYTES], slots)


def _slots(data: bytes) -> Iterator[tuple[Slot, bytes]]:
    for at in range(0, len(data), _SLOT_BYTES):
        yield Slot(Kind(data[at]), int.from_bytes(data[at + 1 : at + 3])), data[at + 3 : at + _SLOT_BYTES]
