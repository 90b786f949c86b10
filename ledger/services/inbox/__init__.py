"""Events of other services: kept once, worked on in the transaction that keeps them, tried again, let go of.

    receive          keep an event and do what it calls for, in one transaction
    retry_due        the events that wait and whose time has come
    retry, ignore    what people decide about failed ones

What an event calls for is a `Handler` of a floor above (ADR 0026).
"""

from ledger.services.inbox.due import retry_due
from ledger.services.inbox.incoming import Delivery, Envelope, Handled, Handler, Handlers, Incoming, NotYet, Receipt
from ledger.services.inbox.receiving import receive, refuse_unreadable
from ledger.services.inbox.resolving import ignore, retry

__all__ = [
    "Delivery",
    "Envelope",
    "Handled",
    "Handler",
    "Handlers",
    "Incoming",
    "NotYet",
    "Receipt",
    "ignore",
    "receive",
    "refuse_unreadable",
    "retry",
    "retry_due",
]
