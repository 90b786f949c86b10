"""The trees over what is sealed and their signed heads: what is stored, and proofs from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

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
from ledger.ids import created_at
from ledger.models import Seal, SealedLeaf
from ledger.models.tree import TreeSeal
from ledger.selectors.sealed_logs import EVENTS, RECORDS, SealedLog

__all__ = ["Seal"]

_CHUNK = 1_000


def head_of(seal: TreeSeal, log: SealedLog = EVENTS) -> Head:
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
        context=log.context,
    )


def instant_text(moment: datetime) -> str:
    """A moment as heads write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def all_seals() -> QuerySet[Seal]:
    """Every seal over the events, in no order."""
    return Seal.objects.all()


def latest_seal(log: SealedLog = EVENTS) -> TreeSeal | None:
    return log.seals().order_by("-number").first()


def seals_after(number: int, log: SealedLog = EVENTS) -> Iterator[TreeSeal]:
    """The seals with higher numbers, in order, a chunk at a time."""
    while seals := list(log.seals().filter(number__gt=number).order_by("number")[:_CHUNK]):
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


def first_seal_over(index: int, log: SealedLog = EVENTS) -> TreeSeal | None:
    """The seal that covered a leaf first."""
    return log.seals().filter(tree_size__gt=index).order_by("tree_size").first()


def seal_over(row_id: UUID, log: SealedLog = EVENTS) -> TreeSeal | None:
    """The seal that covered an event or record first; None while it waits for one."""
    index = log.leaves().filter(**{log.leaf.ROW_COLUMN: row_id}).values_list("index", flat=True).first()
    return None if index is None else first_seal_over(index, log)


def seal_over_all(event_ids: Collection[UUID]) -> TreeSeal | None:
    """The first seal that covers all of some events; None while one of them waits for one."""
    indexes = list(SealedLeaf.objects.filter(event__in=event_ids).values_list("index", flat=True))
    return first_seal_over(max(indexes)) if indexes and len(indexes) == len(event_ids) else None


def leaves_over(event_ids: Collection[UUID]) -> dict[UUID, SealedLeaf]:
    """The leaves of those events that have one; one query however many."""
    return {leaf.event_id: leaf for leaf in SealedLeaf.objects.filter(event__in=event_ids)}


def seal_over_record(record_id: UUID) -> TreeSeal | None:
    """The seal that covered a record of a floor above first; None while it waits for one."""
    return seal_over(record_id, RECORDS)


def records_sealed_below() -> int:
    """Records of database transactions below this number are sealed; 0 before the first seal."""
    last = latest_seal(RECORDS)
    return 0 if last is None else last.horizon_xid


_NODES = sql.SQL("""
    SELECT n.level, n.index, n.hash
    FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) AS wanted(level, index)
    JOIN {nodes} AS n ON n.level = wanted.level AND n.index = wanted.index
    UNION ALL
    SELECT 0, l.index, l.hash
    FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) AS wanted(level, index)
    JOIN {leaves} AS l ON wanted.level = 0 AND l.index = wanted.index
""")


def read_nodes(nodes: Iterable[Node], log: SealedLog = EVENTS) -> dict[Node, bytes]:
    """The stored hashes of complete subtrees, leaves included; what is not stored is left out."""
    wanted = list(nodes)
    parameters = {"levels": [node.level for node in wanted], "indexes": [node.place for node in wanted]}
    with connection.cursor() as cursor:
        tables = {"nodes": sql.Identifier(log.node._meta.db_table), "leaves": sql.Identifier(log.leaf._meta.db_table)}
        cursor.execute(_NODES.format(**tables), parameters)
        return {Node(level, index): bytes(digest) for level, index, digest in cursor.fetchall()}


def read_frontier(size: int, log: SealedLog = EVENTS) -> Frontier:
    """The right edge of the stored tree at a size."""
    peaks = complete_nodes(Range(0, size))
    stored = read_nodes(peaks, log)
    return Frontier(size, [stored[peak] for peak in peaks])


def inclusion_paths(indexes: Sequence[int], size: int, log: SealedLog = EVENTS) -> list[list[bytes]]:
    """The inclusion proof of each leaf in the tree of a size; one query over a logarithmic number of rows."""
    ranges = [inclusion_ranges(index, size) for index in indexes]
    stored = read_nodes({node for path in ranges for part in path for node in complete_nodes(part)}, log)
    return [[root_of(part, stored.__getitem__) for part in path] for path in ranges]


def consistency_proof(first: Seal, second: Seal) -> list[bytes]:
    """The proof that the tree of the first seal is the beginning of the tree of the second (RFC 9162, 2.1.4)."""
    ranges = consistency_ranges(first.tree_size, second.tree_size)
    stored = read_nodes({node for part in ranges for node in complete_nodes(part)})
    return [root_of(part, stored.__getitem__) for part in ranges]


_BACKLOG = sql.SQL("""
    SELECT extract(epoch FROM clock_timestamp() - last.sealed_at),
           (SELECT count(*) FROM (
                SELECT 1 FROM ({rows}) AS waiting WHERE xid >= coalesce(last.horizon_xid, 0) LIMIT %s
            ) AS unsealed),
           (SELECT id FROM ({rows}) AS waiting WHERE xid >= coalesce(last.horizon_xid, 0) ORDER BY xid, id LIMIT 1),
           clock_timestamp()
    FROM (VALUES (1)) AS one
    LEFT JOIN (SELECT sealed_at, horizon_xid FROM {seals} ORDER BY number DESC LIMIT 1) AS last ON true
""")
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class SealBacklog:
    """How far behind the sealing of a log is.

    Attributes:
        age_seconds: since the last seal; None before the first. Grows while nothing happens: nothing to seal, no seal.
        unsealed: events or records without a seal, counted up to `MOST_COUNTED`.
        oldest_seconds: since when the oldest of them waits, by its id; 0 when nothing waits.
    """

    age_seconds: float | None
    unsealed: int
    oldest_seconds: float


def seal_backlog(log: SealedLog = EVENTS) -> SealBacklog:
    with connection.cursor() as cursor:
        seals = sql.Identifier(log.seal._meta.db_table)
        cursor.execute(_BACKLOG.format(rows=log.rows(), seals=seals), [MOST_COUNTED])
        age, unsealed, oldest, now = cursor.fetchone()
    waits = 0.0 if oldest is None else max(0.0, (now - created_at(oldest)).total_seconds())
    return SealBacklog(None if age is None else float(age), unsealed, waits)
