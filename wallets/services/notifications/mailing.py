"""Sending the e-mails that are due: claim, send outside of any database transaction, write down what came of it.

Usually each goes out once. A sender that dies between the mail server's yes and writing it down leaves its claim to
run out, and the e-mail goes out again, with the same Message-ID. The other order would lose it: who is not told that
his wallet is frozen is worse off than who is told twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.db.models import F

from compliance.selectors.recipients import Addressee, addressees
from ledger.selectors.clock import DatabaseClock, database_now
from ledger.services.job_runs import Skipped, WorkFailed
from wallets.core.email_retries import MAX_AGE, wait_after
from wallets.locks import claim_emails
from wallets.models import EmailStatus, Notification
from wallets.selectors.notifications import words_of
from wallets.services.notifications.faults import Fault, judge

BATCH = 20
TURN_SECONDS = 45
"""After which a turn takes nothing new. A slow mail server must not keep a worker from other work."""
LEASE = timedelta(minutes=5)
"""Longer than a turn may take, all in all."""
_LOCK = "SELECT pg_try_advisory_lock(hashtext('wallets_send_emails'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('wallets_send_emails'))"

log = structlog.get_logger(__name__)


def send_emails() -> Mapping[str, int]:
    """Send what is due, for `TURN_SECONDS` at most. One sender at a time: of the workers, mail shall hold up one.

    Returns:
        How many were sent, postponed, failed, skipped.

    Raises:
        Skipped: somebody else is at it.
        WorkFailed: the mail server cannot be reached. The e-mails wait, and it counts for none as an attempt.
    """
    if not (settings.SENDS_EMAIL and _is_anything_due()):
        return {}
    with _one_sender():
        server = get_connection()
        try:
            server.open()
        except OSError as error:  # all of smtplib's errors are such
            raise WorkFailed(f"The mail server cannot be reached: {type(error).__name__}", {}) from None
        try:
            return _take_turn(server)
        finally:
            with suppress(OSError):
                server.close()


def _take_turn(server: Any) -> Counter[str]:
    done, end, is_well = Counter[str](), time.monotonic() + TURN_SECONDS, True
    while is_well and time.monotonic() < end and (claimed := claim_emails(most=BATCH, lease=LEASE)):
        where, oldest = addressees(row.user_id for row in claimed), database_now() - MAX_AGE
        for row in claimed:
            if not is_well or time.monotonic() >= end:
                _release(row)
            elif row.user_id not in where:
                done[_finish(row, EmailStatus.SKIPPED, "no_address")] += 1
            elif row.created_at < oldest:
                done[_finish(row, EmailStatus.SKIPPED, "too_old")] += 1
            else:
                fault = _send(server, row, where[row.user_id])
                done[_finish(row, EmailStatus.SENT, "") if fault is None else _failed(row, fault)] += 1
                is_well = fault is None or not fault.ends_turn
    return done


def _send(server: Any, row: Notification, to: Addressee) -> Fault | None:
    try:
        server.send_messages([email_of(row, to)])
    except Exception as error:  # noqa: BLE001 - whatever a mail backend raises, the others want to be sent as well
        fault = judge(error)
        log.warning("email_not_taken", notification_id=str(row.id), error=fault.error, kind=type(error).__name__)
        return fault
    return None


def email_of(row: Notification, to: Addressee) -> EmailMessage:
    """The e-mail of a notification: plain text, with the time in the company's zone."""
    words, at = words_of(row), row.occurred_at.astimezone(ZoneInfo(to.zone))
    when = f"{at.day} {at:%B %Y, %H:%M} ({to.zone})"
    body = f"{words.title}.\n\n{words.body}\n\n{when}\n\n-- \n{_FOOTER}\n"
    headers = {"Message-ID": f"<{row.id}@{_domain()}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(words.title, body, to=[to.email], headers=headers)


_FOOTER = "You can choose in your notification preferences which of these you get by e-mail."


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def _failed(row: Notification, fault: Fault) -> str:
    wait = None if fault.is_final else wait_after(row.email_attempts)
    if wait is None:
        return _finish(row, EmailStatus.FAILED, fault.error)
    _own(row.id, row.email_attempts).update(email_next_attempt_at=DatabaseClock() + wait, email_error=fault.error)
    return "postponed"


def _finish(row: Notification, status: EmailStatus, error: str) -> str:
    _own(row.id, row.email_attempts).update(
        email_status=status, email_next_attempt_at=None, email_finished_at=DatabaseClock(), email_error=error
    )
    log.info("email_done", notification_id=str(row.id), attempt=row.email_attempts, status=status.value, error=error)
    return status.value.lower()


def _release(row: Notification) -> None:
    """Give a claim back as if it had not been made."""
    _own(row.id, row.email_attempts).update(
        email_attempts=F("email_attempts") - 1, email_next_attempt_at=DatabaseClock()
    )


def _own(id: UUID, attempt: int) -> Any:
    """The row, while nobody has claimed it since."""
    return Notification.objects.filter(id=id, email_attempts=attempt, email_status=EmailStatus.PENDING)


def _is_anything_due() -> bool:
    return Notification.objects.filter(
        email_status=EmailStatus.PENDING, email_next_attempt_at__lte=DatabaseClock()
    ).exists()


@contextmanager
def _one_sender() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        (is_alone,) = cursor.fetchone()
        if not is_alone:
            raise Skipped("Somebody else is sending e-mails.")
        try:
            yield
        finally:
            cursor.execute(_UNLOCK)
