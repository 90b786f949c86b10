"""Merkle trees as RFC 9162 (and RFC 6962 before it) defines them: hashes, proofs, and how to check them.

A tree over n leaves is split at the largest power of two below n. Its complete subtrees never change when leaves are
added, so they are stored once; every root and every proof is put together from a logarithmic number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


class Node(NamedTuple):
    """A complete subtree: the leaves from `place << level` on, `1 << level` of them. Level 0 is a leaf."""

    level: int
    place: int


class Range(NamedTuple):
    """The leaves from `start` up to `end`, which it does not include."""

    start: int
    end: int


Lookup = Callable[[Node], bytes]
"""Gives the hash of a complete subtree."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees whose hashes are the inclusion proof of a leaf, from the leaf up (RFC 9162, 2.1.3.1)."""
    assert 0 <= index < size, (index, size)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The subtrees whose hashes prove that the tree of `first` leaves grew into that of `second` (2.1.4.1)."""
    assert 0 < first <= second, (first, second)
    start, end, is_whole, path = 0, second, True, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start, is_whole = middle, False
    return ([] if is_whole else [Range(start, end)]) + path[::-1]


def complete_nodes(wanted: Range) -> list[Node]:
    """The complete subtrees that a range of a tree consists of, largest first. `wanted.start` fits the largest."""
    start, end = wanted
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        assert start & ((1 << level) - 1) == 0, "no subtree of any tree starts here"
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def root_of(wanted: Range, lookup: Lookup) -> bytes:
    """The hash over a range of leaves, which is a subtree or the whole tree."""
    return fold([lookup(node) for node in complete_nodes(wanted)])


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over neighbouring complete subtrees, largest first."""
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


class Frontier:
    """The right edge of a growing tree: all that is needed to add leaves and to tell the root.

    Args:
        size: how many leaves there are.
        peaks: the hashes of `complete_nodes(Range(0, size))`.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        assert len(self._peaks) == size.bit_count(), "one peak per set bit of the size"

    def append(self, leaf: bytes) -> Iterator[tuple[Node, bytes]]:
        """Add the hash of a leaf. Yields the complete subtrees above it that it finishes; iterate to the end."""
        digest, index = leaf, self.size
        level = 0
        while index & 1:
            digest, index, level = node_hash(self._peaks.pop(), digest), index >> 1, level + 1
            yield Node(level, index), digest
        self._peaks.append(digest)
        self.size += 1

    def root(self) -> bytes:
        return fold(self._peaks)


def inclusion_holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the hash of a leaf stands at this place of the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and digest == root


def consistency_holds(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the tree of the first root is the beginning of the tree of the second one (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not proof and first_root == second_root
    if not 0 < first < second or not proof:
        return False
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1
