"""Reads that may lag behind, from a replica if there is one (R21, R93, R213).

Only what people look at: histories, and reports of a whole company. Who may see it, every balance, and whatever a
decision rests on are read from the primary, also where somebody forgot to think of it: that is the default.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from typing import Any, TypeVar

import structlog
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

REPLICA = "replica"
LOOK_SECONDS = 1
"""How long it is believed that the replica keeps up."""
REST_SECONDS = 5
"""How long a replica that failed, or is too far behind, is left alone."""

_KEEPS_UP = """
    SELECT NOT pg_is_in_recovery() OR clock_timestamp() - pg_last_xact_replay_timestamp() < interval '10 seconds'
"""
"""While nothing at all is written this says no, and the primary has the time to answer."""

Found = TypeVar("Found")
logger = structlog.get_logger(__name__)
_alias: ContextVar[str] = ContextVar("reads_from", default=DEFAULT_DB_ALIAS)


def may_lag(read: Callable[[], Found]) -> Found:
    """Run reads on the replica; on the primary if there is none, if it is ten seconds behind, or if it fails.

    Args:
        read: what it returns has been read: a list, never a query set. It may be called twice.
    """
    if not _replica.is_welcome():
        return read()
    token = _alias.set(REPLICA)
    try:
        return read()
    except (OperationalError, InterfaceError) as error:
        _replica.rest(error)
    finally:
        _alias.reset(token)
    return read()


def reader() -> BaseDatabaseWrapper:
    """The connection that reads of this moment use, for statements that are written by hand."""
    return connections[_alias.get()]


class ReplicaRouter:
    """Sends the ORM's reads where `may_lag` says, and all else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return _alias.get()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


class _Replica:
    """Whether the replica may be asked. Threads may look at once; it costs them a query each."""

    def __init__(self) -> None:
        self._looked_at = self._rests_until = float("-inf")

    def is_welcome(self) -> bool:
        if REPLICA not in connections.settings or monotonic() < self._rests_until:
            return False
        if monotonic() - self._looked_at > LOOK_SECONDS:
            self._look()
        return monotonic() >= self._rests_until

    def rest(self, reason: object) -> None:
        logger.warning("replica_rests", reason=type(reason).__name__ if isinstance(reason, Exception) else reason)
        self._rests_until = monotonic() + REST_SECONDS
        connections[REPLICA].close()

    def _look(self) -> None:
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute(_KEEPS_UP)
                (keeps_up,) = cursor.fetchone()
        except (OperationalError, InterfaceError) as error:
            self.rest(error)
            return
        self._looked_at = monotonic()
        if not keeps_up:
            self.rest("it is behind")


_replica = _Replica()
