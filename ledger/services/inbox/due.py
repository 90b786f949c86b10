"""Events that wait: tried when their time has come, or when what they wait for has."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from uuid import UUID

import structlog
from django.db import OperationalError

from ledger.errors import ServiceError
from ledger.locks import lock_open_inbox_event
from ledger.models import InboxEvent
from ledger.selectors.clock import DatabaseClock
from ledger.services.inbox.incoming import Handlers
from ledger.services.inbox.working import work_on
from ledger.services.journal import use_case

log = structlog.get_logger(__name__)

BATCH = 100


def retry_due(handlers: Handlers) -> int:
    """Try the events whose time has come, each in a transaction of its own. May run at any time, by anyone, at once.

    Returns:
        How many were tried.
    """
    due = InboxEvent.objects.filter(status="PENDING", next_attempt_at__lte=DatabaseClock())
    ids = list(due.order_by("next_attempt_at", "sequence", "id").values_list("id", flat=True)[:BATCH])
    for id in ids:
        _try_one(id, handlers)
    return len(ids)


def follow_up(settled: Iterable[str], handlers: Handlers) -> None:
    """Try what waited for something that has come; and then what waited for that. What goes wrong here is tried again
    by `retry_due`, so nobody hears of it."""
    keys, left = deque(settled), BATCH
    while keys and left > 0:
        for id in _waiting_for(keys.popleft(), left):
            left -= 1
            try:
                keys.extend(work_on_one(id, handlers))
            except (ServiceError, OperationalError) as error:
                log.warning("inbox_follow_up_failed", inbox_id=str(id), reason=type(error).__name__)
                return


def work_on_one(id: UUID, handlers: Handlers) -> tuple[str, ...]:
    """Try one open event in a transaction of its own; nothing when somebody else is at it.

    Returns:
        What others may have waited for.
    """
    with use_case(durable=True):
        row = lock_open_inbox_event(id)
        return () if row is None or row.status != "PENDING" else work_on(row, handlers)


def _try_one(id: UUID, handlers: Handlers) -> None:
    try:
        follow_up(work_on_one(id, handlers), handlers)
    except ServiceError as error:
        log.warning("inbox_retry_failed", inbox_id=str(id), reason=error.code)


def _waiting_for(key: str, most: int) -> list[UUID]:
    """Of a numbered source only the next one: those behind it come with its own turn."""
    waiting = InboxEvent.objects.filter(status="PENDING", waiting_for=key).order_by("sequence", "id")
    return list(waiting.values_list("id", flat=True)[: 1 if key.startswith("sequence:") else most])
