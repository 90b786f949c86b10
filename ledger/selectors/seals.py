"""The tree over all events and its signed heads: what is stored, and proofs from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from ledger.core.heads import Head
from ledger.core.merkle import (
    Frontier,
    Node,
    Range,
    complete_nodes,
    consistency_ranges,
    inclusion_ranges,
    root_of,
)
from ledger.errors import NotFound
from ledger.models import Seal, SealedLeaf

__all__ = ["Seal"]

_CHUNK = 1_000


def head_of(seal: Seal) -> Head:
    """What a stored seal says, as it was signed."""
    return Head(
        seal_id=seal.id,
        number=seal.number,
        first_index=seal.first_index,
        tree_size=seal.tree_size,
        root=bytes(seal.root),
        previous_root=bytes(seal.previous_root),
        horizon_xid=seal.horizon_xid,
        sealed_at=instant_text(seal.sealed_at),
        key_id=seal.key_id,
    )


def instant_text(moment: datetime) -> str:
    """A moment as heads write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def all_seals() -> QuerySet[Seal]:
    """Every seal of the installation, in no order."""
    return Seal.objects.all()


def latest_seal() -> Seal | None:
    return Seal.objects.order_by("-number").first()


def seals_after(number: int) -> Iterator[Seal]:
    """The seals with higher numbers, in order, a chunk at a time."""
    while seals := list(Seal.objects.filter(number__gt=number).order_by("number")[:_CHUNK]):
        yield from seals
        number = seals[-1].number


def get_seal(id: UUID) -> Seal:
    """One seal.

    Raises:
        NotFound: there is none of this id.
    """
    seal = Seal.objects.filter(id=id).first()
    if seal is None:
        raise NotFound
    return seal


def first_seal_over(index: int) -> Seal | None:
    """The seal that covered a leaf first."""
    return Seal.objects.filter(tree_size__gt=index).order_by("tree_size").first()


def seal_over(event_id: UUID) -> Seal | None:
    """The seal that covered an event first; None while it waits for one."""
    index = SealedLeaf.objects.filter(event_id=event_id).values_list("index", flat=True).first()
    return None if index is None else first_seal_over(index)


_NODES = """
    SELECT n.level, n.index, n.hash
    FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) AS wanted(level, index)
    JOIN ledger_sealnode AS n ON n.level = wanted.level AND n.index = wanted.index
    UNION ALL
    SELECT 0, l.index, l.hash
    FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) AS wanted(level, index)
    JOIN ledger_sealedleaf AS l ON wanted.level = 0 AND l.index = wanted.index
"""


def read_nodes(nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The stored hashes of complete subtrees, leaves included; what is not stored is left out."""
    wanted = list(nodes)
    parameters = {"levels": [node.level for node in wanted], "indexes": [node.place for node in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(_NODES, parameters)
        return {Node(level, index): bytes(digest) for level, index, digest in cursor.fetchall()}


def read_frontier(size: int) -> Frontier:
    """The right edge of the stored tree at a size."""
    peaks = complete_nodes(Range(0, size))
    stored = read_nodes(peaks)
    return Frontier(size, [stored[peak] for peak in peaks])


def inclusion_paths(indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """The inclusion proof of each leaf in the tree of a size; one query over a logarithmic number of rows."""
    ranges = [inclusion_ranges(index, size) for index in indexes]
    stored = read_nodes({node for path in ranges for part in path for node in complete_nodes(part)})
    return [[root_of(part, stored.__getitem__) for part in path] for path in ranges]


def consistency_proof(first: Seal, second: Seal) -> list[bytes]:
    """The proof that the tree of the first seal is the beginning of the tree of the second (RFC 9162, 2.1.4)."""
    ranges = consistency_ranges(first.tree_size, second.tree_size)
    stored = read_nodes({node for part in ranges for node in complete_nodes(part)})
    return [root_of(part, stored.__getitem__) for part in ranges]


_BACKLOG = """
    SELECT extract(epoch FROM clock_timestamp() - last.sealed_at),
           (SELECT count(*) FROM (
                SELECT 1 FROM ledger_event WHERE xid >= coalesce(last.horizon_xid, 0) LIMIT %s
            ) AS unsealed)
    FROM (VALUES (1)) AS one
    LEFT JOIN (SELECT sealed_at, horizon_xid FROM ledger_seal ORDER BY number DESC LIMIT 1) AS last ON true
"""
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class SealBacklog:
    """How far behind sealing is.

    Attributes:
        age_seconds: since the last seal; None before the first. Grows while nothing happens: nothing to seal, no seal.
        unsealed: events without a seal, counted up to `MOST_COUNTED`.
    """

    age_seconds: float | None
    unsealed: int


def seal_backlog() -> SealBacklog:
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, [MOST_COUNTED])
        age, unsealed = cursor.fetchone()
    return SealBacklog(None if age is None else float(age), unsealed)
