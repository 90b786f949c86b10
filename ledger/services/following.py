"""Following the outbox from inside the service: every message once in effect, none skipped, in order.

For what the service itself does about its messages (webhooks, notifications); the outside is served by the relay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.transaction import atomic

from ledger.locks import lock_follower
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now

__all__ = ["OutboxMessage", "Progress", "follow"]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """What one call of `follow` did: how many messages it handled, and whether there may be more."""

    handled: int
    is_behind: bool


_PENDING = """
    SELECT m.* FROM ledger_outboxmessage AS m JOIN ledger_event AS e ON e.id = m.event_id
    WHERE e.xid >= %(after)s AND e.xid < %(horizon)s
    ORDER BY m.created_at, m.sequence, m.id
"""

# Where the next step ends: after as many settled transactions as hold a batch of events, always whole ones.
_HORIZON = """
    SELECT coalesce(max(next.xid) + 1, pg_snapshot_xmin(pg_current_snapshot())::text::bigint), count(*) = %(batch)s
    FROM (
        SELECT xid FROM ledger_event
        WHERE xid >= %(after)s AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        ORDER BY xid LIMIT %(batch)s
    ) AS next
"""


def follow(name: str, handle: Callable[[Sequence[OutboxMessage]], None]) -> Progress:
    """Hand the next settled messages to `handle`, in the transaction that also remembers how far that was.

    What `handle` writes to the database happens exactly once per message. Only transactions below the horizon are
    read (everything that started before has ended), so a late commit is never skipped.

    Args:
        name: whose position it is; two callers of one name take turns.
        handle: gets messages in order of their aggregates; what it raises undoes the step.
    """
    with atomic(durable=True):
        follower = lock_follower(name)
        with connection.cursor() as cursor:
            cursor.execute(_HORIZON, {"after": follower.horizon_xid, "batch": BATCH})
            horizon, is_behind = cursor.fetchone()
        bounds = {"after": follower.horizon_xid, "horizon": horizon}
        messages = list(OutboxMessage.objects.raw(_PENDING, bounds))
        if messages:
            handle(messages)
        follower.horizon_xid = max(horizon, follower.horizon_xid)
        follower.moved_at = database_now()
        follower.save(update_fields=["horizon_xid", "moved_at"])
    return Progress(len(messages), is_behind)
