"""What people decide about events that failed or wait."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from ledger.core.incoming import InboxStatus
from ledger.errors import NotFound
from ledger.locks import lock_open_inbox_event
from ledger.models import InboxEvent
from ledger.selectors.clock import database_now
from ledger.services.inbox.due import follow_up
from ledger.services.inbox.incoming import Handlers, Receipt, receipt_of
from ledger.services.inbox.working import let_go, work_on
from ledger.services.journal import use_case

Recorded = Callable[[Receipt, Receipt], None]
"""Gets what was known before and after, in the transaction of the change: for the audit trail."""


def retry(id: UUID, handlers: Handlers, *, recorded: Recorded) -> Receipt:
    """Try an open event at once, with all its attempts before it again.

    Raises:
        NotFound: it has a final status, never was an event, or somebody else is at it just now.
    """
    with use_case(durable=True):
        row = _open(id)
        if row.payload is None:
            raise NotFound("What came could not be read, so there is nothing to try. Ask its sender.")
        before = receipt_of(row, is_new=False)
        now = database_now()
        row.status, row.attempts, row.processed_at, row.next_attempt_at = InboxStatus.PENDING.value, 0, None, now
        settled = work_on(row, handlers)
        after = receipt_of(row, is_new=False)
        recorded(before, after)
    follow_up(settled, handlers)
    return after


def ignore(id: UUID, *, recorded: Recorded) -> Receipt:
    """Let go of an open event for good; what it says is forgotten.

    Raises:
        NotFound: it has a final status, or somebody else is at it just now.
    """
    with use_case(durable=True):
        row = _open(id)
        before = receipt_of(row, is_new=False)
        let_go(row)
        after = receipt_of(row, is_new=False)
        recorded(before, after)
    return after


def _open(id: UUID) -> InboxEvent:
    row = lock_open_inbox_event(id)
    if row is None:
        raise NotFound("This event is settled, or somebody is at it just now.")
    return row
