"""From messages to notifications: one per person and cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter

from budgets.selectors.budgets import names_of
from compliance.models import User
from ledger.errors import CurrencyUnsupported
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.services.following import OutboxMessage, Progress, follow
from wallets.core.notices import Notice, Unreadable, notice_of, with_budget_name
from wallets.models import Notification
from wallets.selectors.notifications import ways_of
from wallets.services.notifications.recipients import Directory
from wallets.services.notifications.writing import row_for

FOLLOWER = "notifications"
MAX_AGE = timedelta(days=3)
"""What is older is news to nobody: whoever switches this on for a ledger with a history tells nobody of that."""

NOTED = Counter("wallet_notifications", "Messages that people have to be told of, by what became of them.", ["outcome"])

log = structlog.get_logger(__name__)


def note_notifications() -> Progress:
    """Write down the notifications of the next settled messages, in the transaction that remembers how far that was.

    So each message is told of once, whoever commits late and whatever dies in between; and a cause once per person,
    however many messages have it.
    """
    return follow(FOLLOWER, note)


def note(messages: Sequence[OutboxMessage]) -> None:
    """Write down whom these messages concern, by a number of queries that does not depend on theirs.

    A message that cannot be read is logged and left: people's news must not stop because of it, and no money depends
    on them.
    """
    told = list(_told(messages))
    if not told:
        return
    now = database_now()
    fresh = [(message, notice) for message, notice in told if message.created_at > now - MAX_AGE]
    if fresh:
        rows = list(_rows(_named(fresh), now))
        Notification.objects.bulk_create(rows, ignore_conflicts=True)


def _told(messages: Sequence[OutboxMessage]) -> Iterator[tuple[OutboxMessage, Notice]]:
    for message in messages:
        try:
            notice = notice_of(message.type, message.id, message.data)
            if notice is not None and "currency" in notice.facts:
                get_asset(notice.facts["currency"])
        except (Unreadable, CurrencyUnsupported) as error:
            NOTED.labels("unreadable").inc()
            log.error("notification_unreadable", message_id=str(message.id), type=message.type, error=str(error))
        else:
            if notice is not None:
                yield message, notice


def _named(told: Sequence[tuple[OutboxMessage, Notice]]) -> list[tuple[OutboxMessage, Notice]]:
    """Whoever has five budgets has to be told which. The name is the one of now, for all notices of one time."""
    budget_ids = {UUID(notice.facts["budget_id"]) for _, notice in told if "budget_id" in notice.facts}
    names = names_of(budget_ids) if budget_ids else {}
    return [(message, _with_name(notice, names)) for message, notice in told]


def _with_name(notice: Notice, names: Mapping[UUID, str]) -> Notice:
    budget_id = notice.facts.get("budget_id")
    name = None if budget_id is None else names.get(UUID(budget_id))
    return notice if name is None else with_budget_name(notice, name)


def _rows(told: Sequence[tuple[OutboxMessage, Notice]], now: datetime) -> Iterator[Notification]:
    directory = Directory.of([notice for _, notice in told])
    recipients = [directory.recipients(notice) for _, notice in told]
    wishes = ways_of({user.id for users in recipients for user in users})
    for (message, notice), users in zip(told, recipients, strict=True):
        if not users:
            NOTED.labels("nobody").inc()
            log.warning("notification_for_nobody", message_id=str(message.id), type=message.type)
        for user in users:
            row = row_for(
                user,
                wishes.get((user.id, notice.kind)),
                kind=notice.kind,
                cause=_cause(notice, message, user),
                facts=notice.facts,
                occurred_at=message.created_at,
                now=now,
            )
            if row is not None:
                NOTED.labels("told").inc()
                yield row


def _cause(notice: Notice, message: OutboxMessage, user: User) -> str:
    """A day begins and ends in the company's zone."""
    if not notice.is_daily:
        return notice.cause
    return f"{notice.cause}:{message.created_at.astimezone(ZoneInfo(user.company.timezone)).date()}"
