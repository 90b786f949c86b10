"""One relay at a time, and asleep while there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

from ledger.services.relay.numbering import has_news

_LEAD = "SELECT pg_try_advisory_lock(hashtext('ledger_outbox_relay'))"
_RESIGN = "SELECT pg_advisory_unlock(hashtext('ledger_outbox_relay'))"
_LIE_DOWN = "SELECT pg_try_advisory_lock(hashtext('ledger_relay_asleep'))"
_GET_UP = "SELECT pg_advisory_unlock(hashtext('ledger_relay_asleep'))"


@contextmanager
def leadership() -> Iterator[bool]:
    """Whether this process is the one relay. The lock lives and dies with the database session that also reads and
    marks the messages: who has lost it can do neither."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAD)
        (leads,) = cursor.fetchone()
        if leads:
            cursor.execute("LISTEN ledger_outbox")
    try:
        yield leads
    finally:
        if leads:
            with suppress(Error), connection.cursor() as cursor:  # a session that is gone holds no lock
                cursor.execute("UNLISTEN ledger_outbox")
                cursor.execute(_RESIGN)


def sleep_until_news(seconds: float) -> bool:
    """Sleep for at most `seconds`, or until a message is committed.

    Writers notify only whoever sleeps. One that is under way has looked already, so the relay lies down only when
    there is none: until then it naps.

    Returns:
        Whether it has slept. False: it could not lie down; look again in a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIE_DOWN)
        (lies_down,) = cursor.fetchone()
        if not lies_down:
            return False
        try:
            if not has_news():
                with connection.wrap_database_errors:  # psycopg's own errors are nobody's here
                    for _ in connection.connection.notifies(timeout=seconds, stop_after=1):
                        pass
        finally:
            with suppress(Error):
                cursor.execute(_GET_UP)
    return True
