"""One message of the broker."""

from __future__ import annotations

import stamina
import structlog
from django.db import InterfaceError, OperationalError

from ledger.errors import Busy, IdempotencyKeyReused, OutcomeUnknown, ServiceError, Unavailable
from ledger.services.inbox import Delivery, Envelope, Receipt, receive, refuse_unreadable
from wallets.services.incoming import HANDLERS, read_message

BROKER = Delivery()
"""Whoever may publish to the exchange may speak for every company."""

log = structlog.get_logger(__name__)


def take_message(body: bytes) -> bool:
    """Work on a message.

    Returns:
        Whether it may be acknowledged: it is in the inbox, worked on, waiting or ignored. Otherwise it has failed,
        which the inbox says too.

    Raises:
        OperationalError, InterfaceError, Busy, OutcomeUnknown: the database is away or too slow; ask again later.
    """
    try:
        envelope = read_message(body)
    except ServiceError as error:
        refuse_unreadable(body, error)
        return False
    try:
        return _received(envelope).status != "FAILED"
    except IdempotencyKeyReused as error:
        refuse_unreadable(body, error)
        return False
    except (ServiceError, OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("inbox_message_failed", source=envelope.source, event_id=envelope.event_id)
        refuse_unreadable(body, Unavailable("Nobody expected what went wrong with this message; see the log."))
        return False


def _received(envelope: Envelope) -> Receipt:
    for attempt in stamina.retry_context(on=(Busy, OutcomeUnknown), attempts=3, wait_initial=0.1, wait_max=1):
        with attempt:
            return receive(envelope, BROKER, HANDLERS)
    raise AssertionError("retry_context returns or raises")
