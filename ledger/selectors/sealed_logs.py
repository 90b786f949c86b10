"""What is sealed: the history of the ledger, and the records of the floors above. Each has a tree and a chain of its
own; keys, code and the way out of the database are the same (ADR 0030)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from psycopg import sql

from ledger.core.findings import ANCHOR, PlaceOf, place_in_event
from ledger.core.heads import EVENTS_CONTEXT, RECORDS_CONTEXT
from ledger.core.leaves import SECRET_BYTES, Part
from ledger.models import RecordNode, RecordSeal, Seal, SealedLeaf, SealedRecord, SealNode
from ledger.models.tree import TreeLeaf, TreeNode, TreeSeal
from ledger.selectors.row_texts import read_rows
from ledger.selectors.sealed_records import place_of_column, read_records, record_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What must not be there besides the leaves' own rows: `query` finds the id of the first one."""

    table: str
    query: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLog:
    """One thing that is sealed.

    Attributes:
        title: of its seals, in messages. contents: of its rows, likewise.
        context: what the signatures are for.
        tables: where its rows are, each with the columns `id` and `xid`.
        read_parts: of rows by their ids; those that are not there are left out.
        place_of: where a part comes from.
        secret_bytes: how long the secret of a leaf is.
        anchor_suffix: of the name of the file outside.
        strays: looked for besides rows that no seal covers.
    """

    title: str
    contents: str
    context: str
    seal: type[TreeSeal]
    leaf: type[TreeLeaf]
    node: type[TreeNode]
    tables: Callable[[], Sequence[str]]
    read_parts: Callable[[Sequence[UUID]], Mapping[UUID, Sequence[Part]]]
    place_of: PlaceOf
    secret_bytes: int = SECRET_BYTES
    anchor_suffix: str = ""
    strays: tuple[Stray, ...] = ()

    def seals(self) -> QuerySet[TreeSeal]:
        return self.seal._default_manager.all()

    def leaves(self) -> QuerySet[TreeLeaf]:
        return self.leaf._default_manager.all()

    def nodes(self) -> QuerySet[TreeNode]:
        return self.node._default_manager.all()

    def rows(self) -> sql.Composed:
        """A query for the id and xid of all rows, sealed or not."""
        query = sql.SQL("SELECT id, xid FROM {}")
        return sql.SQL(" UNION ALL ").join(query.format(sql.Identifier(table)) for table in self.tables())

    @property
    def anchor_file(self) -> Path | None:
        """The file outside of the database; None when none is named. That of the records lies beside the other one."""
        if not settings.SEAL_ANCHOR_FILE:
            return None
        path = Path(settings.SEAL_ANCHOR_FILE)
        return path.with_stem(f"{path.stem}{self.anchor_suffix}")

    @property
    def anchor_title(self) -> str:
        return f"{ANCHOR}{self.anchor_suffix and f' ({self.title}s)'}"


def _event_parts(event_ids: Sequence[UUID]) -> dict[UUID, list[Part]]:
    return {id: rows.parts() for id, rows in read_rows(event_ids).items()}


_ORPHAN = """
    SELECT p.id FROM ledger_posting AS p
    WHERE NOT EXISTS (SELECT 1 FROM ledger_event AS e WHERE e.id = (left(p.id::text, 32) || '0000')::uuid)
    ORDER BY p.id LIMIT 1
"""

EVENTS = SealedLog(
    title="seal",
    contents="events and their postings",
    context=EVENTS_CONTEXT,
    seal=Seal,
    leaf=SealedLeaf,
    node=SealNode,
    tables=lambda: ("ledger_event",),
    read_parts=_event_parts,
    place_of=place_in_event,
    strays=(Stray(table="ledger_posting", query=_ORPHAN, what="belongs to no event"),),
)
RECORDS = SealedLog(
    title="record seal",
    contents="records",
    context=RECORDS_CONTEXT,
    seal=RecordSeal,
    leaf=SealedRecord,
    node=RecordNode,
    tables=record_tables,
    read_parts=read_records,
    place_of=place_of_column,
    secret_bytes=2 * SECRET_BYTES,
    anchor_suffix="-records",
)
LOGS = (EVENTS, RECORDS)
