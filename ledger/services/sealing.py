"""Seals what has settled: one leaf per row into one growing Merkle tree, a signed head per run (ADR 0018, 0030).

The horizon is the oldest database transaction that still runs, as in `ledger.services.folding`: every row below it
has committed or never will. So a row that commits late is sealed by a later run and never skipped.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.transaction import atomic
from psycopg import sql

from ledger.core.heads import ALGORITHM, Head
from ledger.core.leaves import seal_parts
from ledger.core.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.ids import new_id
from ledger.models.tree import TreeSeal
from ledger.selectors.seal_keys import signing_keys
from ledger.selectors.sealed_logs import SealedLog
from ledger.selectors.seals import instant_text, latest_seal, read_frontier
from ledger.services.anchoring import append_missing
from ledger.services.claims import LOCK_NOT_AVAILABLE

ROWS_PER_SEAL = 2_000
"""A seal takes this many events or records, and what else their last database transaction wrote."""
SEALS_PER_RUN = 100

_LOCK = "SELECT pg_advisory_xact_lock(hashtext(%s))"
_HORIZON = sql.SQL("""
    WITH settled AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid)
    SELECT coalesce(
        (SELECT r.xid + 1 FROM ({rows}) AS r
         WHERE r.xid >= %(since)s AND r.xid < (SELECT xid FROM settled)
         ORDER BY r.xid OFFSET %(most)s - 1 LIMIT 1),
        (SELECT xid FROM settled)
    )
""")
_WAITING = sql.SQL("SELECT id FROM ({rows}) AS r WHERE xid >= %(since)s AND xid < %(horizon)s ORDER BY xid, id")

_ADD_LEAVES = sql.SQL("""
    INSERT INTO {} (index, {}, data, secret, hash)
    SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[])
""")
_ADD_NODES = sql.SQL("""
    INSERT INTO {} (level, index, hash) SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
""")


class TreeBroken(Exception):
    """The stored tree does not give the root of the last seal. `verify_seals` tells more; nothing is built on it."""


@dataclass(frozen=True, slots=True)
class SealRun:
    """What a run did. `is_caught_up`: everything that had settled is sealed."""

    seals: int
    rows: int
    is_caught_up: bool


def seal_log(log: SealedLog, *, rows_per_seal: int = ROWS_PER_SEAL, seals_per_run: int = SEALS_PER_RUN) -> SealRun:
    """Seal everything of a log that has settled, in chunks that fit the time limits of a job, and anchor each seal.

    Running twice, or in two places, seals nothing twice: who has to wait for another sealer longer than
    `lock_timeout` leaves the rest to it. After an outage one run does `seals_per_run` chunks.

    Raises:
        AnchorMismatch, TreeBroken: somebody changed what was sealed; nothing more is sealed until he is found.
        OSError: the anchor file cannot be written; the next run adds what is missing.
    """
    append_missing(log)
    seals = rows = 0
    while seals < seals_per_run:
        try:
            seal = _seal_chunk(log, rows_per_seal)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            return SealRun(seals, rows, is_caught_up=False)
        if seal is None:
            break
        append_missing(log)
        seals, rows = seals + 1, rows + seal.tree_size - seal.first_index
    return SealRun(seals, rows, is_caught_up=seals < seals_per_run)


def _seal_chunk(log: SealedLog, most: int) -> TreeSeal | None:
    with atomic(durable=True):
        last, now = _lock_and_read(log)
        since = 0 if last is None else last.horizon_xid
        horizon, row_ids = _settled(log, since, most)
        if not row_ids:
            return None
        frontier = _frontier_of(log, last)
        _add_leaves(log, frontier, row_ids)
        return _add_seal(log, last, frontier, horizon, now)


def _lock_and_read(log: SealedLog) -> tuple[TreeSeal | None, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [log.seal._meta.db_table])
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return latest_seal(log), now


def _settled(log: SealedLog, since: int, most: int) -> tuple[int, list[UUID]]:
    """How far this seal reaches, and the rows up to there in their order. Nothing that is below can come later."""
    with connection.cursor() as cursor:
        rows = log.rows()
        cursor.execute(_HORIZON.format(rows=rows), {"since": since, "most": most})
        (horizon,) = cursor.fetchone()
        cursor.execute(_WAITING.format(rows=rows), {"since": since, "horizon": horizon})
        return horizon, [id for (id,) in cursor.fetchall()]


def _frontier_of(log: SealedLog, last: TreeSeal | None) -> Frontier:
    if last is None:
        return Frontier()
    try:
        frontier = read_frontier(last.tree_size, log)
    except KeyError as missing:
        raise TreeBroken(f"The tree below {log.title} {last.number} has lost {missing}.") from missing
    if frontier.root() != bytes(last.root):
        raise TreeBroken(f"The stored tree does not give the root of {log.title} {last.number}.")
    return frontier


def _add_leaves(log: SealedLog, frontier: Frontier, row_ids: Sequence[UUID]) -> None:
    parts = log.read_parts(row_ids)
    leaves: list[tuple[int, UUID, bytes, bytes, bytes]] = []
    nodes: list[tuple[int, int, bytes]] = []
    for row_id in row_ids:
        index, secret = frontier.size, secrets.token_bytes(log.secret_bytes)
        data = seal_parts(index, row_id, parts[row_id], secret).data()
        digest = leaf_hash(data)
        leaves.append((index, row_id, data, secret, digest))
        nodes += [(node.level, node.place, hash) for node, hash in frontier.append(digest)]
    with connection.cursor() as cursor:
        into = sql.Identifier(log.leaf._meta.db_table), sql.Identifier(log.leaf.ROW_COLUMN)
        cursor.execute(_ADD_LEAVES.format(*into), [list(column) for column in zip(*leaves, strict=True)])
        if nodes:
            table = sql.Identifier(log.node._meta.db_table)
            cursor.execute(_ADD_NODES.format(table), [list(column) for column in zip(*nodes, strict=True)])


def _add_seal(log: SealedLog, last: TreeSeal | None, frontier: Frontier, horizon: int, now: datetime) -> TreeSeal:
    keys = signing_keys()
    if not keys:
        raise ImproperlyConfigured("SEAL_SIGNING_KEYS is empty: no seal can be signed.")
    key_id, key = next(iter(keys.items()))
    head = Head(
        seal_id=new_id(),
        number=1 if last is None else last.number + 1,
        first_index=0 if last is None else last.tree_size,
        tree_size=frontier.size,
        root=frontier.root(),
        previous_root=EMPTY_ROOT if last is None else bytes(last.root),
        horizon_xid=horizon,
        sealed_at=instant_text(now),
        key_id=key_id,
        context=log.context,
    )
    return log.seals().create(
        id=head.seal_id,
        number=head.number,
        first_index=head.first_index,
        tree_size=head.tree_size,
        root=head.root,
        previous_root=head.previous_root,
        horizon_xid=head.horizon_xid,
        sealed_at=now,
        key_id=head.key_id,
        algorithm=ALGORITHM,
        signature=key.sign(head.signed_bytes()),
    )
