"""Proves that nothing sealed was changed: reads heads, tree and rows again and names the first that is off.

First the heads, by their signatures, their chain and the anchor file; then, seal by seal, the tree and the rows under
it; last what is in the log without being in the tree. Memory holds one chunk, however long the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from ledger.core.findings import Finding, compare_rows
from ledger.core.leaves import SECRET_BYTES, mark_of, read_leaf
from ledger.core.merkle import Frontier, Node, leaf_hash
from ledger.models.tree import TreeLeaf, TreeSeal
from ledger.selectors.sealed_logs import EVENTS, SealedLog
from ledger.selectors.seals import latest_seal, read_nodes
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


def verify_seals(progress: Progress = lambda done, total: None, *, log: SealedLog = EVENTS) -> SealReport:
    """Check all seals of a log and everything under them, in one snapshot.

    Returns:
        How much was looked at, and the first finding.
    """
    anchor = AnchorFile.of(log)  # read before the snapshot, so that what it has must be in there
    with whole_ledger():
        last = latest_seal(log)
        leaves = 0 if last is None else last.tree_size
        seals = log.seals().count()
        try:
            finding = check_heads(anchor)
            if finding is None:
                _TreeCheck(log).run(lambda done: progress(done, leaves))
                finding = _first_outside_the_tree(log, leaves)
        except Broken as broken:
            finding = broken.finding
    return SealReport(seals, leaves, finding or anchor.first_not_anchored())


def check_rows(leaves: Iterable[TreeLeaf], log: SealedLog = EVENTS) -> Finding | None:
    """Hold the rows of leaves against what was sealed. The first row that is off, if any."""
    stored = list(leaves)
    parts = log.read_parts([leaf.row_id for leaf in stored])
    for leaf in stored:
        said = read_leaf(bytes(leaf.data))
        finding = compare_rows(said, bytes(leaf.secret), parts.get(leaf.row_id), log.place_of)
        if finding is not None:
            return finding
    return None


class _TreeCheck:
    """The walk along the leaves of a log: they, the nodes above them, the roots and the rows below them."""

    def __init__(self, log: SealedLog) -> None:
        self._log = log
        self._leaf, self._node = log.leaf._meta.db_table, log.node._meta.db_table

    def run(self, progress: Callable[[int], None]) -> None:
        frontier = Frontier()
        for seals in self._chunks():
            leaves = self._read_leaves(frontier.size, seals[-1].tree_size)
            self._check_nodes(frontier, seals, leaves)
            finding = check_rows(leaves, self._log)
            if finding is not None:
                raise Broken(finding)
            progress(frontier.size)

    def _chunks(self) -> Iterator[list[TreeSeal]]:
        """The seals in order, as many at a time as have about `CHUNK` leaves."""
        number = 0
        while seals := list(self._log.seals().filter(number__gt=number).order_by("number")[:CHUNK]):
            last = next((s for s in seals if s.tree_size - seals[0].first_index >= CHUNK), seals[-1])
            number = last.number
            yield [seal for seal in seals if seal.number <= number]

    def _read_leaves(self, first: int, end: int) -> list[TreeLeaf]:
        """The leaves of a chunk, each one what its hash says."""
        leaves = list(self._log.leaves().filter(index__gte=first, index__lt=end).order_by("index"))
        for expected, leaf in zip(range(first, end), leaves, strict=False):
            if leaf.index != expected:
                raise Broken(Finding(self._leaf, str(expected), "missing"))
            if not is_itself(leaf):
                raise Broken(Finding(self._leaf, str(leaf.index), "changed"))
        if len(leaves) < end - first:
            raise Broken(Finding(self._leaf, str(first + len(leaves)), "missing"))
        return leaves

    def _check_nodes(self, frontier: Frontier, seals: Sequence[TreeSeal], leaves: list[TreeLeaf]) -> None:
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
        stored = read_nodes((node for node, _ in expected), self._log)
        for node, digest in expected:
            if stored.get(node) != digest:
                raise Broken(self._blame_for_node(node, leaves, first, is_stored=node in stored))
        if wrong_root is not None:
            below = [leaf for leaf in leaves if leaf.index < wrong_root.tree_size]
            text = (
                f"leaves and nodes below {wrong_root.tree_size} were rewritten: they do not give the root of the seal"
            )
            places = f"{wrong_root.first_index}…{wrong_root.tree_size - 1}"
            raise Broken(self._blame(below) or Finding(self._leaf, places, text))

    def _blame_for_node(self, node: Node, leaves: list[TreeLeaf], first: int, *, is_stored: bool) -> Finding:
        """Above two leaves either may be off: the one whose rows disagree with it. Higher up it is the node itself."""
        if not is_stored:
            return Finding(self._node, f"{node.level}/{node.place}", "missing")
        pair = [leaf for leaf in leaves if node.level == 1 and leaf.index >> 1 == node.place]
        if node.level == 1 and node.place << 1 < first:
            pair += self._log.leaves().filter(index=node.place << 1)
        return self._blame(pair) or Finding(self._node, f"{node.level}/{node.place}", "changed")

    def _blame(self, suspects: list[TreeLeaf]) -> Finding | None:
        """The leaf that no longer fits its rows, while its rows are said to be fine by nobody else."""
        changed = next((leaf for leaf in suspects if check_rows([leaf], self._log) is not None), None)
        what = "changed, or rewritten with its rows"
        return None if changed is None else Finding(self._leaf, str(changed.index), what)


def is_itself(leaf: TreeLeaf) -> bool:
    """Whether the columns of a leaf's row agree with its bytes, and these with its hash."""
    data, secret = bytes(leaf.data), bytes(leaf.secret)
    try:
        said = read_leaf(data)
    except ValueError:
        return False
    agrees = (said.index, said.row_id, said.secret_mark) == (leaf.index, leaf.row_id, mark_of(secret))
    return agrees and len(secret) >= SECRET_BYTES and leaf_hash(data) == bytes(leaf.hash)


_UNSEALED = sql.SQL("""
    SELECT r.id FROM {} AS r
    WHERE r.xid < (SELECT max(horizon_xid) FROM {})
      AND NOT EXISTS (SELECT 1 FROM {} AS l WHERE l.{} = r.id)
    ORDER BY r.xid, r.id LIMIT 1
""")


def _first_outside_the_tree(log: SealedLog, size: int) -> Finding | None:
    leaf = log.leaves().exclude(index__lt=size).order_by("index").first()
    if leaf is not None:
        return Finding(leaf._meta.db_table, str(leaf.index), "belongs to no seal")
    if log.nodes().count() != sum(size >> level for level in range(1, size.bit_length())):
        return _surplus_node(log, size)
    names = log.seal._meta.db_table, log.leaf._meta.db_table, log.leaf.ROW_COLUMN
    for table in log.tables():
        found = _first(_UNSEALED.format(*map(sql.Identifier, (table, *names))))
        if found is not None:
            return Finding(table, found, "added below the horizon of the seals")
    for stray in log.strays:
        found = _first(sql.SQL(stray.query))
        if found is not None:
            return Finding(stray.table, found, stray.what)
    return None


def _first(query: sql.SQL | sql.Composed) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def _surplus_node(log: SealedLog, size: int) -> Finding:
    surplus = next(
        node
        for node in log.nodes().order_by("level", "index").iterator(CHUNK)
        if node.level < 1 or node.index >= size >> node.level
    )
    return Finding(surplus._meta.db_table, f"{surplus.level}/{surplus.index}", "belongs to no seal")
