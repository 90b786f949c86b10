"""Events of other services: what each calls for (R41, R76–R78, ADR 0026)."""

from ledger.services.inbox import Handler, Handlers
from ledger.services.inbox import retry_due as _retry_due
from wallets.services.incoming import cancelled, created, users
from wallets.services.incoming.envelopes import (
    MOST_BYTES,
    IncomingCloudEvent,
    IncomingEvent,
    read_event,
    read_message,
)

HANDLERS: Handlers = {
    "BookingCreated": Handler(company_of=created.company_of, handle=created.book),
    "BookingCancelled": Handler(company_of=cancelled.company_of, handle=cancelled.cancel),
    "UserCreated": Handler(company_of=users.company_of, handle=users.welcome),
}
"""What is done for whom. Other types of events are ignored."""

__all__ = [
    "HANDLERS",
    "MOST_BYTES",
    "IncomingCloudEvent",
    "IncomingEvent",
    "read_event",
    "read_message",
    "retry_due_events",
]


def retry_due_events() -> int:
    """Try the events that wait and whose time has come.

    Returns:
        How many were tried.
    """
    return _retry_due(HANDLERS)
