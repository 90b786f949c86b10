"""The only place of the ledger that locks rows.

Order, everywhere: an event of another service and its source first, documents next, then a company's books
(`share_books`), ledger accounts last and sorted by id, nothing else while they are held (docs/adr/0004-lock-order.md).
`FOR NO KEY UPDATE` serialises lockers without blocking the foreign-key checks of other sessions' postings (ADR 0004).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from ledger.models import Follower, InboxEvent, InboxSource, Relay

_LOCK = """
    SELECT id FROM ledger_account
    WHERE id = ANY(%s) AND bucket <> 'SYSTEM'
    ORDER BY id
    FOR NO KEY UPDATE
"""


def lock_accounts(ids: Iterable[UUID]) -> None:
    """Lock accounts until the end of the transaction. System accounts are appended to, never locked.

    Read the rows in a *new* statement afterwards: under READ COMMITTED, a statement that locks and reads at once
    may see figures from before the lock (ADR 0004).

    Raises:
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    assert connection.in_atomic_block, "a row lock outside a transaction ends at once"
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(ids)])


def wait_at_most(milliseconds: int) -> None:
    """Be less patient than `lock_timeout` until the end of the transaction."""
    assert connection.in_atomic_block, "it would hold for one statement"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(milliseconds)])


def lock_follower(name: str) -> Follower:
    """The position of a follower, made at its first step, held until the end of the transaction."""
    Follower.objects.get_or_create(name=name)
    return Follower.objects.select_for_update(no_key=True).get(name=name)


def lock_relay() -> Relay:
    """The relay's row, until the end of the transaction: whoever holds it gives out positions."""
    return Relay.objects.select_for_update(no_key=True).get(name=Relay.NAME)


_SHARE = """
    SELECT pg_advisory_xact_lock_shared(hashtext('ledger_closing'), hashtext(company_id::text))
    FROM unnest(%s::uuid[]) AS company_id
"""
_OWN = "SELECT pg_advisory_xact_lock(hashtext('ledger_closing'), hashtext(%s::uuid::text))"


def share_books(company_ids: Iterable[UUID]) -> None:
    """Keep the books of companies from being closed until the end of the transaction. Many may share them.

    Raises:
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    assert connection.in_atomic_block, "the lock would end at once"
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, [list(company_ids)])


def own_books(company_id: UUID) -> None:
    """Wait until nobody posts back-dated movements of a company any more, and keep everybody from it.

    Raises:
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    assert connection.in_atomic_block, "the lock would end at once"
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [company_id])


def lock_inbox_event(source: str, event_id: str) -> InboxEvent:
    """What is known of another service's event, held until the end of the transaction."""
    return InboxEvent.objects.select_for_update(no_key=True).get(source=source, event_id=event_id)


def lock_open_inbox_event(id: UUID) -> InboxEvent | None:
    """An event that has no final status; None when it has one by now, or when somebody else is at it."""
    rows = InboxEvent.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.filter(id=id, status__in=["PENDING", "FAILED"]).first()


def lock_inbox_source(key: str, now: datetime) -> InboxSource:
    """How far a numbered source has come, made at its first event, held until the end of the transaction."""
    InboxSource.objects.bulk_create([InboxSource(key=key, updated_at=now)], ignore_conflicts=True)
    return InboxSource.objects.select_for_update(no_key=True).get(key=key)
