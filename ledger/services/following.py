"""Following the outbox from inside the service: every message once in effect, none skipped, in order.

For what the service itself does about its messages (webhooks, notifications); the outside is served by the relay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.transaction import atomic

from ledger.locks import lock_follower
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from ledger.services.relay.numbering import number_messages

__all__ = ["OutboxMessage", "Progress", "follow"]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """What one call of `follow` did: how many messages it handled, and whether there may be more."""

    handled: int
    is_behind: bool


def follow(name: str, handle: Callable[[Sequence[OutboxMessage]], None]) -> Progress:
    """Hand the next messages to `handle`, in the transaction that also remembers how far that was.

    What `handle` writes to the database happens exactly once per message. Messages come in the order of their
    positions, which are given after the commit: a late one gets a later position and is never skipped (ADR 0025).

    Args:
        name: whose position it is; two callers of one name take turns.
        handle: gets messages in order; what it raises undoes the step.
    """
    number_messages()  # whether or not a relay runs
    with atomic(durable=True):
        follower = lock_follower(name)
        messages = list(OutboxMessage.objects.filter(position__gt=follower.position).order_by("position")[:BATCH])
        if messages:
            handle(messages)
            follower.position = max(message.position or 0 for message in messages)
        follower.moved_at = database_now()
        follower.save(update_fields=["position", "moved_at"])
    return Progress(len(messages), is_behind=len(messages) == BATCH)
