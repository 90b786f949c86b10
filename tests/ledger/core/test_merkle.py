"""Merkle trees: the published vectors of Certificate Transparency, and the RFC's definition written down naively."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    Range,
    complete_nodes,
    consistency_holds,
    consistency_ranges,
    fold,
    inclusion_holds,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root_of,
)

DATA = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_1, LEAF_4 = ROOTS[0], "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAF_2 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
PAIR_2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
PAIR_3 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PAIR_4 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
RIGHT_4 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
INCLUSION = {
    (0, 1): [],
    (0, 8): [LEAF_2, PAIR_2, RIGHT_4],
    (5, 8): [LEAF_4, PAIR_4, ROOTS[3]],
    (2, 3): [ROOTS[1]],
    (1, 5): [LEAF_1, PAIR_2, LEAF_4],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [LEAF_2, PAIR_2, RIGHT_4],
    (6, 8): [PAIR_3, PAIR_4, ROOTS[3]],
    (2, 5): [PAIR_2, LEAF_4],
}
SIZES = st.integers(1, 300)


class Stored:
    """A tree grown leaf by leaf, which keeps its complete subtrees."""

    def __init__(self, data: Sequence[bytes]) -> None:
        self.hashes = {Node(0, index): leaf_hash(entry) for index, entry in enumerate(data)}
        self.frontier = Frontier()
        self.roots = [self.frontier.root()]
        for index in range(len(data)):
            self.hashes |= dict(self.frontier.append(self.hashes[Node(0, index)]))
            self.roots.append(self.frontier.root())

    def hash_of(self, wanted: Range) -> bytes:
        return root_of(wanted, self.hashes.__getitem__)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return [self.hash_of(part) for part in inclusion_ranges(index, size)]

    def consistency(self, first: int, second: int) -> list[bytes]:
        return [self.hash_of(part) for part in consistency_ranges(first, second)]


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % index for index in range(count)]


GROWN = Stored(entries(300))


def test_the_published_roots_come_out() -> None:
    tree = Stored(DATA)
    assert [root.hex() for root in tree.roots[1:]] == ROOTS
    assert tree.roots[0] == EMPTY_ROOT == fold([])
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("place", "path"), INCLUSION.items())
def test_the_published_inclusion_proofs_come_out(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    found = Stored(DATA).inclusion(index, size)
    assert [step.hex() for step in found] == path
    assert inclusion_holds(leaf_hash(DATA[index]), index, size, found, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_the_published_consistency_proofs_come_out(sizes: tuple[int, int], proof: list[str]) -> None:
    found = Stored(DATA).consistency(*sizes)
    assert [step.hex() for step in found] == proof
    first_root, second_root = (bytes.fromhex(ROOTS[size - 1]) for size in sizes)
    assert consistency_holds(*sizes, found, first_root, second_root)


def naive_root(data: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word by word."""
    if len(data) == 1:
        return leaf_hash(data[0])
    split = largest_power_below(len(data))
    return node_hash(naive_root(data[:split]), naive_root(data[split:]))


def naive_inclusion(index: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH of 2.1.3.1."""
    if len(data) == 1:
        return []
    split = largest_power_below(len(data))
    if index < split:
        return [*naive_inclusion(index, data[:split]), naive_root(data[split:])]
    return [*naive_inclusion(index - split, data[split:]), naive_root(data[:split])]


def naive_consistency(first: int, data: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of 2.1.4.1."""
    if first == len(data):
        return [] if is_whole else [naive_root(data)]
    split = largest_power_below(len(data))
    if first <= split:
        return [*naive_consistency(first, data[:split], is_whole=is_whole), naive_root(data[split:])]
    return [*naive_consistency(first - split, data[split:], is_whole=False), naive_root(data[:split])]


def largest_power_below(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


@given(SIZES)
def test_roots_are_as_defined(size: int) -> None:
    assert GROWN.roots[size] == naive_root(entries(size))


@given(SIZES, st.data())
def test_inclusion_proofs_are_as_defined_and_hold_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, root = GROWN.inclusion(index, size), GROWN.roots[size]
    digest = GROWN.hashes[Node(0, index)]
    assert path == naive_inclusion(index, entries(size))
    assert inclusion_holds(digest, index, size, path, root)
    assert not inclusion_holds(leaf_hash(b"another"), index, size, path, root)
    assert not inclusion_holds(digest, index, size, path, leaf_hash(b"another"))
    assert not inclusion_holds(digest, index, size, [*path, root], root)
    assert not inclusion_holds(digest, size, size, path, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda other: other != index) if size > 1 else st.just(1))
    assert not inclusion_holds(digest, other, size, path, root)
    if path:
        assert not inclusion_holds(digest, index, size, path[:-1], root)
        at = data.draw(st.integers(0, len(path) - 1))
        assert not inclusion_holds(digest, index, size, [*path[:at], leaf_hash(b"x"), *path[at + 1 :]], root)


@given(SIZES, st.data())
def test_consistency_proofs_are_as_defined_and_hold_for_nothing_else(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    proof, roots = GROWN.consistency(first, second), (GROWN.roots[first], GROWN.roots[second])
    assert proof == naive_consistency(first, entries(second))
    assert consistency_holds(first, second, proof, *roots)
    changed = Stored([b"rewritten", *entries(first)[1:]]).roots[first]
    assert not consistency_holds(first, second, proof, changed, roots[1])
    assert not consistency_holds(first, second, proof, roots[0], changed)
    assert not consistency_holds(first, second, [*proof, roots[0]], *roots)
    assert not consistency_holds(0, second, proof, *roots)
    if proof:
        assert not consistency_holds(first, second, proof[:-1], *roots)
        assert not consistency_holds(first, second, [], *roots)
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not consistency_holds(first, second, [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]], *roots)


@given(st.integers(0, 299), st.integers(0, 50))
def test_a_tree_goes_on_from_its_peaks_alone(size: int, more: int) -> None:
    peaks = [GROWN.hashes[node] for node in complete_nodes(Range(0, size))]
    frontier = Frontier(size, peaks)
    for index in range(size, min(300, size + more)):
        assert all(GROWN.hashes[node] == digest for node, digest in frontier.append(GROWN.hashes[Node(0, index)]))
    assert frontier.root() == GROWN.roots[frontier.size]


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 2**20 - 1, 2**20, 2**20 + 1, 10**9])
def test_proofs_read_a_logarithmic_number_of_subtrees(size: int) -> None:
    most = 2 * size.bit_length()
    for index in {0, size // 2, size - 1}:
        assert sum(len(complete_nodes(part)) for part in inclusion_ranges(index, size)) <= most
        assert sum(len(complete_nodes(part)) for part in consistency_ranges(index + 1, size)) <= most
