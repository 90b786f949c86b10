"""Closing a company's books, with its row in the audit trail: the ledger below knows of none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from compliance.core.origin import Origin
from compliance.services.audit import record_change
from ledger.services import journal
from ledger.services.books import Closed, close_books
from wallets.services.wallets import ledger_origin


def close_company_books(*, company_id: UUID, closed_until: datetime, reason: str, origin: Origin) -> Closed:
    """`ledger.services.books.close_books`, audited (R186). Arguments and errors are the same."""
    with journal.use_case(durable=True):
        closed = close_books(
            company_id=company_id, closed_until=closed_until, reason=reason, origin=ledger_origin(origin)
        )
        if closed.is_new:
            until = {"closed_until": closed_until}
            record_change(origin=origin, entity=closed.closing, event_type="books.closed", after=until, reason=reason)
    return closed
