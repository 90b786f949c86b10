"""Holds a part of what is sealed against its seal, for somebody who waits for the answer: `verify_seals` reads all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from ledger.core.heads import ALGORITHM
from ledger.core.merkle import inclusion_holds
from ledger.models.tree import TreeLeaf, TreeSeal
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.selectors.sealed_logs import EVENTS, SealedLog
from ledger.selectors.seals import head_of, inclusion_paths, latest_seal
from ledger.selectors.snapshot import REPORT_PATIENCE_MILLISECONDS, one_instant
from ledger.services.seal_verification import check_rows, is_itself

PATIENCE_SECONDS = 5
CHUNK = 200


@dataclass(frozen=True, slots=True)
class RangeReport:
    """What was found in a part of a log.

    Attributes:
        first, end: the leaves that were asked about, half open. done: up to which one there was time.
        wrong_at: the first leaf that is not as it was sealed; None = all that were looked at are.
        is_signed: whether the seal that they were held against is signed by a key that is trusted.
    """

    first: int
    end: int
    done: int
    wrong_at: int | None
    is_signed: bool


def verify_range(
    first: int, end: int, *, log: SealedLog = EVENTS, patience_seconds: int = PATIENCE_SECONDS
) -> RangeReport:
    """Check that the leaves of a range are in the tree of the newest seal and that their rows are what was sealed, for
    as long as the patience lasts, but at least `CHUNK` of them.

    Args:
        first, end: half open. What lies beyond the newest seal is left out.

    Raises:
        OperationalError: one statement took longer than somebody waits.
    """
    until = monotonic() + patience_seconds
    with one_instant(patience_milliseconds=REPORT_PATIENCE_MILLISECONDS):
        seal = latest_seal(log)
        if seal is None:
            return RangeReport(0, 0, 0, None, is_signed=True)
        first, end = max(first, 0), min(end, seal.tree_size)
        place, wrong, is_signed = first, None, _is_signed(seal, log)
        while place < end and wrong is None and (place == first or monotonic() < until):
            upto = min(place + CHUNK, end)
            leaves = list(log.leaves().filter(index__gte=place, index__lt=upto).order_by("index"))
            wrong = _first_wrong(leaves, place, upto, seal, log)
            place = upto
    return RangeReport(first, max(first, end), place, wrong, is_signed)


def _first_wrong(leaves: Sequence[TreeLeaf], first: int, end: int, seal: TreeSeal, log: SealedLog) -> int | None:
    by_index = {leaf.index: leaf for leaf in leaves}
    missing = next((index for index in range(first, end) if index not in by_index), None)
    if missing is not None:
        return missing
    try:
        paths = inclusion_paths(range(first, end), seal.tree_size, log)
    except KeyError:  # a node of the tree is gone
        return first
    root = bytes(seal.root)
    for leaf, path in zip(leaves, paths, strict=True):
        is_in = inclusion_holds(bytes(leaf.hash), leaf.index, seal.tree_size, path, root)
        if not is_in or not is_itself(leaf):
            return leaf.index
    if check_rows(leaves, log) is None:
        return None
    return next(leaf.index for leaf in leaves if check_rows([leaf], log) is not None)


def _is_signed(seal: TreeSeal, log: SealedLog) -> bool:
    return seal.algorithm == ALGORITHM and Verifier(public_keys())(head_of(seal, log), bytes(seal.signature))
