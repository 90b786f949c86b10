"""Ids are UUIDv7: they sort by time, so indexes stay compact and months can be cut off (docs/adr/0003-ids.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils

_LOW_16_BITS = 2**16 - 1
ID_LAG = timedelta(days=7)
"""How far apart the times of two ids, or of an id and the row's own time, may look although one thing made both: an
id is made before the lock, by another clock than the database's."""


def new_id() -> UUID:
    """A fresh id for a row."""
    return UUID(int=uuid_utils.uuid7().int)


def new_event_id() -> UUID:
    """A fresh id that leaves room for its postings' ids: the last sixteen bits are zero.

    See `ledger.core.events.posting_id`. 58 random bits per millisecond remain; a clash would be refused by
    the primary key, never posted.
    """
    return UUID(int=uuid_utils.uuid7().int & ~_LOW_16_BITS)


def created_at(id: UUID) -> datetime:
    """The moment that a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, tz=UTC)


def floor_around(id: UUID) -> UUID:
    """The smallest id that something may have which was made with this id or after it."""
    milliseconds = (id.int >> 80) - ID_LAG // timedelta(milliseconds=1)
    return UUID(int=max(milliseconds, 0) << 80)


def floor_id(moment: datetime) -> UUID:
    """The smallest id of a moment: `id >= floor_id(t)` lets the planner skip older months."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
