"""Proves that nothing sealed was changed: reads heads, tree and rows again and names the first that is off.

First the heads, by their signatures, their chain and the anchor file; then, seal by seal, the tree and the rows under
it; last what is in the ledger without being in the tree. Memory holds one chunk, however long the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from ledger.core.findings import EVENT, LEAF, NODE, POSTING, Finding, compare_rows
from ledger.core.leaves import mark_of, read_leaf
from ledger.core.merkle import Frontier, Node, leaf_hash
from ledger.models import Seal, SealedLeaf, SealNode
from ledger.selectors.row_texts import read_rows
from ledger.selectors.seals import read_nodes
from ledger.selectors.snapshot import whole_ledger
from ledger.services.head_verification import AnchorFile, check_heads

CHUNK = 2_000
Progress = Callable[[int, int], None]
"""Called with (leaves done, leaves in all)."""


@dataclass(frozen=True, slots=True)
class SealReport:
    """What was looked at, and the first row that is off, if any."""

    seals: int
    leaves: int
    finding: Finding | None


class Broken(Exception):
    """Ends the look at the first finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def verify_seals(progress: Progress = lambda done, total: None) -> SealReport:
    """Check all seals and everything under them, in one snapshot.

    Returns:
        How much was looked at, and the first finding.
    """
    anchor = AnchorFile.from_settings()  # read before the snapshot, so that what it has must be in there
    with whole_ledger():
        seals, leaves = _totals()
        try:
            finding = check_heads(anchor)
            if finding is None:
                _check_tree(lambda done: progress(done, leaves))
                finding = _first_outside_the_tree(leaves)
        except Broken as broken:
            finding = broken.finding
    return SealReport(seals, leaves, finding or anchor.first_not_anchored())


def check_rows(leaves: Iterable[SealedLeaf]) -> Finding | None:
    """Hold the events and postings of leaves against what was sealed. The first row that is off, if any."""
    stored = list(leaves)
    rows = read_rows([leaf.event_id for leaf in stored])
    for leaf in stored:
        found = rows.get(leaf.event_id)
        parts = None if found is None else found.parts()
        finding = compare_rows(read_leaf(bytes(leaf.data)), bytes(leaf.secret), parts)
        if finding is not None:
            return finding
    return None


def _totals() -> tuple[int, int]:
    last = Seal.objects.order_by("-number").first()
    return Seal.objects.count(), 0 if last is None else last.tree_size


def _check_tree(progress: Callable[[int], None]) -> None:
    frontier = Frontier()
    for seals in _chunks():
        leaves = _read_leaves(frontier.size, seals[-1].tree_size)
        _check_nodes(frontier, seals, leaves)
        finding = check_rows(leaves)
        if finding is not None:
            raise Broken(finding)
        progress(frontier.size)


def _chunks() -> Iterator[list[Seal]]:
    """The seals in order, as many at a time as have about `CHUNK` leaves."""
    number = 0
    while seals := list(Seal.objects.filter(number__gt=number).order_by("number")[:CHUNK]):
        last = next((s for s in seals if s.tree_size - seals[0].first_index >= CHUNK), seals[-1])
        number = last.number
        yield [seal for seal in seals if seal.number <= number]


def _read_leaves(first: int, end: int) -> list[SealedLeaf]:
    """The leaves of a chunk, each one what its hash says."""
    leaves = list(SealedLeaf.objects.filter(index__gte=first, index__lt=end).order_by("index"))
    for expected, leaf in zip(range(first, end), leaves, strict=False):
        if leaf.index != expected:
            raise Broken(Finding(LEAF, str(expected), "missing"))
        if not _is_itself(leaf):
            raise Broken(Finding(LEAF, str(leaf.index), "changed"))
    if len(leaves) < end - first:
        raise Broken(Finding(LEAF, str(first + len(leaves)), "missing"))
    return leaves


def _is_itself(leaf: SealedLeaf) -> bool:
    """Whether the columns of a leaf's row agree with its bytes, and these with its hash."""
    data = bytes(leaf.data)
    try:
        said = read_leaf(data)
    except ValueError:
        return False
    marked = mark_of(bytes(leaf.secret))
    agrees = (said.index, said.event_id, said.secret_mark) == (leaf.index, leaf.event_id, marked)
    return agrees and leaf_hash(data) == bytes(leaf.hash)


def _check_nodes(frontier: Frontier, seals: list[Seal], leaves: list[SealedLeaf]) -> None:
    """Grow the tree by a chunk; every subtree and every root must come out as it is stored and signed."""
    first = frontier.size
    by_size = {seal.tree_size: seal for seal in seals}
    expected: list[tuple[Node, bytes]] = []
    wrong_root = None
    for leaf in leaves:
        expected += frontier.append(bytes(leaf.hash))
        seal = by_size.get(frontier.size)
        if seal is not None and wrong_root is None and frontier.root() != bytes(seal.root):
            wrong_root = seal
    stored = read_nodes(node for node, _ in expected)
    for node, digest in expected:
        if stored.get(node) != digest:
            raise Broken(_blame_for_node(node, leaves, first, is_stored=node in stored))
    if wrong_root is not None:
        below = [leaf for leaf in leaves if leaf.index < wrong_root.tree_size]
        text = f"leaves and nodes below {wrong_root.tree_size} were rewritten: they do not give the root of the seal"
        raise Broken(_blame(below) or Finding(LEAF, f"{wrong_root.first_index}…{wrong_root.tree_size - 1}", text))


def _blame_for_node(node: Node, leaves: list[SealedLeaf], first: int, *, is_stored: bool) -> Finding:
    """Above two leaves either may be off: the one whose rows disagree with it. Higher up it is the node itself."""
    if not is_stored:
        return Finding(NODE, f"{node.level}/{node.place}", "missing")
    pair = [leaf for leaf in leaves if node.level == 1 and leaf.index >> 1 == node.place]
    if node.level == 1 and node.place << 1 < first:
        pair += SealedLeaf.objects.filter(index=node.place << 1)
    return _blame(pair) or Finding(NODE, f"{node.level}/{node.place}", "changed")


def _blame(suspects: list[SealedLeaf]) -> Finding | None:
    """The leaf that no longer fits its rows, while its rows are said to be fine by nobody else."""
    changed = next((leaf for leaf in suspects if check_rows([leaf]) is not None), None)
    return None if changed is None else Finding(LEAF, str(changed.index), "changed, or rewritten with its rows")


_UNSEALED = """
    SELECT e.id FROM ledger_event AS e
    WHERE e.xid < (SELECT max(horizon_xid) FROM ledger_seal)
      AND NOT EXISTS (SELECT 1 FROM ledger_sealedleaf AS l WHERE l.event_id = e.id)
    ORDER BY e.xid, e.id LIMIT 1
"""
_ORPHAN = """
    SELECT p.id FROM ledger_posting AS p
    WHERE NOT EXISTS (SELECT 1 FROM ledger_event AS e WHERE e.id = (left(p.id::text, 32) || '0000')::uuid)
    ORDER BY p.id LIMIT 1
"""


def _first_outside_the_tree(size: int) -> Finding | None:
    leaf = SealedLeaf.objects.exclude(index__lt=size).order_by("index").first()
    if leaf is not None:
        return Finding(LEAF, str(leaf.index), "belongs to no seal")
    if SealNode.objects.count() != sum(size >> level for level in range(1, size.bit_length())):
        return _surplus_node(size)
    for table, query, what in (
        (EVENT, _UNSEALED, "added below the horizon of the seals"),
        (POSTING, _ORPHAN, "belongs to no event"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        if row is not None:
            return Finding(table, str(row[0]), what)
    return None


def _surplus_node(size: int) -> Finding:
    surplus = next(
        node
        for node in SealNode.objects.order_by("level", "index").iterator(CHUNK)
        if node.level < 1 or node.index >= size >> node.level
    )
    return Finding(NODE, f"{surplus.level}/{surplus.index}", "belongs to no seal")
