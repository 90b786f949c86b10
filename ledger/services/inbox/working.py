"""One try at a locked event: its effect in a savepoint, its new status in the same transaction."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.transaction import atomic

from ledger.core.incoming import InboxStatus, pause_after
from ledger.errors import Busy, ServiceError, Unavailable
from ledger.models import InboxEvent
from ledger.selectors.clock import database_now
from ledger.services.inbox.incoming import Handled, Handler, Handlers, Incoming, NotYet
from ledger.services.inbox.sequences import key_of, take_turn

log = structlog.get_logger(__name__)

PARKED_FOR = timedelta(seconds=30)
_MOST_DETAIL = 500
_MOST_PLACES = 5
_FIELD = re.compile(r"/[a-z_]{1,30}")
_PASSING = frozenset({"40P01", "40001", "55P03", "57014"})
"""Deadlock, serialization failure, lock timeout, statement timeout: the session lives on and may try again."""


def work_on(row: InboxEvent, handlers: Handlers) -> tuple[str, ...]:
    """Do what a locked, open event calls for, if it can be done now, and write down what became of it.

    Returns:
        What others may have waited for.

    Raises:
        OperationalError, InterfaceError: the session is lost, and with it the whole transaction.
    """
    now = database_now()
    handler = handlers.get(row.event_type)
    if row.company_id is None and handler is not None:
        row.company_id = handler.company_of(row.payload or {})
    waits_until = take_turn(row, now)
    if waits_until is not None:
        _wait(row, waits_until, waiting_for=key_of(row))
        return (key_of(row),) if waits_until <= now else ()
    settled = (key_of(row),) if row.sequence is not None else ()
    if handler is None:
        _end(row, InboxStatus.IGNORED, now)
        return settled
    return settled + _try(row, handler, now)


def _try(row: InboxEvent, handler: Handler, now: datetime) -> tuple[str, ...]:
    try:
        with atomic():
            handled = handler.handle(_incoming(row))
    except NotYet as missing:
        _park(row, missing, now)
    except (Busy, Unavailable) as error:
        _try_again(row, now, error.code, error.detail)
    except ServiceError as error:
        _fail(row, now, error.code, error.detail + _places(error))
    except (OperationalError, InterfaceError) as error:
        if _sqlstate(error) not in _PASSING:
            raise
        _try_again(row, now, "service.unavailable", f"The database would not: {_sqlstate(error)}.")
    except Exception as error:
        log.exception("inbox_handler_failed", inbox_id=str(row.id), event_type=row.event_type)
        _try_again(row, now, "service.unavailable", f"Nobody expected this: {type(error).__name__}.")
    else:
        _process(row, handled, now)
        return handled.settled
    return ()


def let_go(row: InboxEvent) -> None:
    """Ignore a locked, open event for good."""
    _end(row, InboxStatus.IGNORED, database_now(), code=row.error_code, detail=row.error_detail)


def _incoming(row: InboxEvent) -> Incoming:
    return Incoming(
        id=row.id,
        source=row.source,
        event_id=row.event_id,
        data=row.payload or {},
        occurred_at=row.occurred_at,
        account_id=row.delivered_by,
        company_id=row.company_id if row.delivered_by else None,
    )


def _process(row: InboxEvent, handled: Handled, now: datetime) -> None:
    row.company_id = row.company_id or handled.company_id
    row.transaction_id = handled.transaction_id
    _end(row, InboxStatus.PROCESSED, now, code=handled.refusal_code, detail=handled.refusal_detail)


def _park(row: InboxEvent, missing: NotYet, now: datetime) -> None:
    """Wait without counting it as a failure, until patience ends."""
    patience_ends = row.received_at + timedelta(seconds=settings.INBOX_PATIENCE_SECONDS)
    if now >= patience_ends:
        _fail(row, now, "not_found", f"It waited in vain. {missing.detail}")
        return
    row.error_code, row.error_detail = "", missing.detail[:_MOST_DETAIL]
    _wait(row, min(now + (missing.retry_after or PARKED_FOR), patience_ends), waiting_for=missing.waiting_for)


def _try_again(row: InboxEvent, now: datetime, code: str, detail: str) -> None:
    row.attempts += 1
    pause = pause_after(row.attempts)
    if pause is None:
        _end(row, InboxStatus.FAILED, now, code=code, detail=detail)
        return
    row.error_code, row.error_detail = code, detail[:_MOST_DETAIL]
    _wait(row, now + pause, waiting_for="")


def _places(error: ServiceError) -> str:
    """Which fields it is about. Only what looks like the name of one is repeated: a sender may have sent anything."""
    pointers = [entry["pointer"] for entry in error.data.get("errors", ()) if _FIELD.fullmatch(entry["pointer"])]
    return f" ({', '.join(pointers[:_MOST_PLACES])})" if pointers else ""


def _fail(row: InboxEvent, now: datetime, code: str, detail: str) -> None:
    row.attempts += 1
    _end(row, InboxStatus.FAILED, now, code=code, detail=detail)


def _wait(row: InboxEvent, until: datetime, *, waiting_for: str) -> None:
    row.status, row.processed_at = InboxStatus.PENDING.value, None
    row.next_attempt_at, row.waiting_for = until, waiting_for
    row.save()


def _end(row: InboxEvent, status: InboxStatus, now: datetime, *, code: str = "", detail: str = "") -> None:
    row.status, row.processed_at = status.value, now
    row.next_attempt_at, row.waiting_for = None, ""
    row.error_code, row.error_detail = code, detail[:_MOST_DETAIL]
    if status is InboxStatus.FAILED:
        log.error("inbox_event_failed", inbox_id=str(row.id), event_type=row.event_type, code=code)
    else:
        row.payload = None
    row.save()


def _sqlstate(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
