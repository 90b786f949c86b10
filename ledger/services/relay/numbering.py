"""Each message gets its place in the stream after its commit, from one hand."""

from __future__ import annotations

from django.db import connection
from django.db.transaction import atomic

from ledger.locks import lock_relay

BATCH = 500

# What the database's clock said under the wallet's lock orders the messages of a wallet; should that clock ever have
# been set back, their own numbers do.
_NUMBER = """
    WITH fresh AS (
        SELECT id, aggregate_id, sequence, created_at FROM ledger_outboxmessage
        WHERE position IS NULL ORDER BY created_at, sequence LIMIT %(batch)s
    ), in_order AS (
        SELECT id, aggregate_id, sequence,
               max(created_at) OVER (PARTITION BY aggregate_id ORDER BY sequence) AS at
        FROM fresh
    ), numbered AS (
        SELECT id, %(last)s + row_number() OVER (ORDER BY at, sequence, id) AS position FROM in_order
    )
    UPDATE ledger_outboxmessage AS m SET position = n.position FROM numbered AS n WHERE m.id = n.id
"""
_UNNUMBERED = "SELECT EXISTS (SELECT FROM ledger_outboxmessage WHERE position IS NULL)"


def number_messages() -> int:
    """Give the next committed messages their positions: 1, 2, 3, … without a gap, each wallet's in its own order.

    The row lock makes positions appear in order. So a reader that has seen position 7 will never find a new 6, and
    a message whose transaction commits late gets a later position instead of being skipped.

    Returns:
        How many; `BATCH` when there may be more.
    """
    with atomic():
        relay = lock_relay()
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER, {"last": relay.last_position, "batch": BATCH})
            numbered: int = cursor.rowcount
        if numbered:
            relay.last_position += numbered
            relay.save(update_fields=["last_position"])
    return numbered


def has_news() -> bool:
    """Whether there are messages without a position."""
    with connection.cursor() as cursor:
        cursor.execute(_UNNUMBERED)
        (found,) = cursor.fetchone()
    return bool(found)
