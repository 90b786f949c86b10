"""How far a running import is: kept in Redis, because its transaction shows nothing before it ends, and worth nothing
once it has."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from ledger.redis import RedisUnavailable, call

_SECONDS = 60


def note_progress(id: UUID, done: int) -> None:
    """Tell how many rows are done. Without Redis nobody sees it."""
    with suppress(RedisUnavailable):
        call(lambda client: client.set(_key(id), done, ex=_SECONDS))


def progress_of(id: UUID) -> int:
    """How many rows are done, as far as anybody knows."""
    with suppress(RedisUnavailable):
        return int(call(lambda client: client.get(_key(id))) or 0)
    return 0


def _key(id: UUID) -> str:
    return f"import:progress:{id}"
