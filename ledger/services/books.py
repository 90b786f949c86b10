"""Closing a company's books (ADR 0021)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from ledger.core.commands import Origin
from ledger.errors import Busy, InvalidInput
from ledger.locks import own_books
from ledger.models import Closing
from ledger.selectors.closings import closed_until_by_company, closings_of
from ledger.services import journal

_UNSETTLED = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_xid IS NOT NULL AND xact_start < %s
    )
"""


@dataclass(frozen=True, slots=True)
class Closed:
    """`is_new` is False when the books were closed until this very instant before: then nothing was recorded."""

    closing: Closing
    is_new: bool


def close_books(*, company_id: UUID, closed_until: datetime, reason: str, origin: Origin) -> Closed:
    """Close a company's books up to an instant. It cannot be undone, only moved forward.

    Back-dating waits for the caller's transaction to end, so it should have nothing else to do.

    Args:
        closed_until: nothing of the company may count from before it afterwards; from this instant on it may.
        reason: kept for ever: no personal data.

    Raises:
        InvalidInput: at `/closed_until`, it lies in the future or before the present closing.
        Busy: a movement of that time is still being written, or the books are in use for longer than `lock_timeout`.
    """
    with journal.use_case():
        own_books(company_id)
        closed, now = closed_until_by_company([company_id])
        latest = closed.get(company_id)
        if closed_until == latest:
            return Closed(closings_of(company_id).get(closed_until=latest), is_new=False)
        _require_forwards(closed_until, latest, now)
        _require_settled(closed_until)
        closing = Closing.objects.create(
            company_id=company_id,
            closed_until=closed_until,
            reason=reason,
            actor_type=origin.actor_type,
            actor_id=origin.actor_id,
            created_at=now,
        )
    return Closed(closing, is_new=True)


def _require_forwards(closed_until: datetime, latest: datetime | None, now: datetime) -> None:
    if closed_until > now:
        raise InvalidInput("Books are closed up to a moment that is over.", pointer="/closed_until")
    if latest is not None and closed_until < latest:
        raise InvalidInput("The books are closed until later than that already.", pointer="/closed_until")


def _require_settled(closed_until: datetime) -> None:
    """Whoever began to write before `closed_until` must have finished: an ordinary movement counts from the clock
    that it reads under its locks, and is committed a little later."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, [closed_until])
        (is_unsettled,) = cursor.fetchone()
    if is_unsettled:
        raise Busy("Movements of that time are still being written. Try again.")
