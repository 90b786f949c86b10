"""The first half of checking seals: signatures, the chain from each head to the next, and the file outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ledger.core.findings import Finding
from ledger.core.heads import ALGORITHM
from ledger.core.merkle import EMPTY_ROOT
from ledger.models.tree import TreeSeal
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.selectors.sealed_logs import SealedLog
from ledger.selectors.seals import head_of, seals_after
from ledger.services.anchoring import Anchored, AnchorMismatch, anchor_line, read_anchor


@dataclass
class AnchorFile:
    """The file of a log outside of the database, as long as it was when the look began.

    Attributes:
        path: None when there is none.
        lines: how many whole lines it had.
        unanchored: the first seal that came after them, once the heads have been checked.
    """

    log: SealedLog
    path: Path | None
    lines: int = 0
    unanchored: int | None = field(default=None, init=False)

    @classmethod
    def of(cls, log: SealedLog) -> AnchorFile:
        path = log.anchor_file
        return cls(log, path, 0 if path is None else sum(1 for _ in _raw_lines(path)))

    def read(self) -> Iterator[Anchored]:
        """The lines that there were, from the first. Raises AnchorMismatch."""
        return iter(()) if self.path is None else islice(read_anchor(self.path), self.lines)

    def first_not_anchored(self) -> Finding | None:
        """A seal that the file still does not have. A run that had just committed it has had time to append it."""
        if self.path is None or self.unanchored is None:
            return None
        if any(line.number == self.unanchored for line in read_anchor(self.path)):
            return None
        what = "missing there; `manage.py seal` appends what a crash left out"
        return Finding(self.log.anchor_title, str(self.unanchored), what)


def _raw_lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))


def check_heads(anchor: AnchorFile) -> Finding | None:
    """Check every seal by itself, against the one before it and against its line in the file, in order.

    Returns:
        The first seal that is off.
    """
    try:
        return _check_heads(anchor)
    except AnchorMismatch as mismatch:
        return Finding(anchor.log.anchor_title, str(anchor.path), str(mismatch))


def _check_heads(anchor: AnchorFile) -> Finding | None:
    verify, lines, log = Verifier(public_keys()), anchor.read(), anchor.log
    table = log.seal._meta.db_table
    before: TreeSeal | None = None
    for seal in seals_after(0, log):
        number = 1 if before is None else before.number + 1
        if seal.number != number:
            return Finding(table, f"number {number}", "missing")
        if seal.algorithm != ALGORITHM or not verify(head_of(seal, log), bytes(seal.signature)):
            return Finding(table, str(seal.id), f"seal {number} was changed, or is not signed by a trusted key")
        if not _follows(seal, before):
            return Finding(table, str(seal.id), f"seal {number} does not follow from the one before it")
        line = next(lines, None)
        if line is None and anchor.unanchored is None:
            anchor.unanchored = number
        if line is not None and line != Anchored(number, anchor_line(seal, log)):
            return Finding(log.anchor_title, str(number), f"says something else than {table} {seal.id}")
        before = seal
    beyond = next(lines, None)
    return None if beyond is None else Finding(table, f"number {beyond.number}", "missing, but in the anchor file")


def _follows(seal: TreeSeal, before: TreeSeal | None) -> bool:
    if before is None:
        return (seal.first_index, bytes(seal.previous_root)) == (0, EMPTY_ROOT)
    starts = (seal.first_index, bytes(seal.previous_root)) == (before.tree_size, bytes(before.root))
    return starts and seal.horizon_xid > before.horizon_xid
