"""The stream of messages in the hands of whoever runs the service: looked at, told again, dead letters decided."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.core.origin import Origin
from ledger.errors import NotFound
from ledger.selectors.delivery import resendable_ids
from ledger.selectors.stream import cloud_event, last_position, messages_between, messages_from
from ledger.services.relay import Broker, BrokerAway, publish_again
from wallets.services.dead_letters import record_replay, resend_messages, skip_message

LOOK_SECONDS = 0.5


class Command(BaseCommand):
    help = "Follow the messages to the outside, tell them again, or decide about dead letters."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        tail = actions.add_parser("tail", help="Print the last messages, and what comes, until Ctrl-C.")
        tail.add_argument("--lines", type=int, default=10, help="How many of those that are there.")
        tail.add_argument("--once", action="store_true", help="Do not wait for what comes.")
        tail.add_argument("--type", help="One type only, such as TransactionCompleted.")
        replay = actions.add_parser("replay", help="Print the messages of a time as NDJSON, or publish them again.")
        replay.add_argument("--from", dest="start", type=_instant, help="RFC 3339 instant, or a day; inclusive.")
        replay.add_argument("--to", dest="end", type=_instant, help="Likewise, exclusive.")
        replay.add_argument("--type", help="One type only.")
        replay.add_argument("--publish", action="store_true", help="To the broker, with the ids they had.")
        replay.add_argument("--reason", help="Of publishing them: kept in the audit trail.")
        resend = actions.add_parser("resend", help="Let the relay try dead letters again.")
        resend.add_argument("ids", nargs="*", type=UUID, help="Which ones; none: all of --status.")
        resend.add_argument("--status", choices=["FAILED", "UNROUTED"], default="FAILED")
        resend.add_argument("--type", help="Without ids: one type only.")
        skip = actions.add_parser("skip", help="Give dead letters up, so that later messages are told.")
        skip.add_argument("ids", nargs="+", type=UUID)
        for decision in (resend, skip):
            decision.add_argument("--reason", required=True, help="Kept with the message and in the audit trail.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        actions: dict[str, Callable[..., None]] = {
            "tail": self._tail,
            "replay": self._replay,
            "resend": self._resend,
            "skip": self._skip,
        }
        actions[action](**options)

    def _tail(self, *, lines: int, once: bool, type: str | None, **_: Any) -> None:
        position = max(last_position() - lines, 0)
        try:
            while True:
                found = messages_from(position, type=type)
                for message in found:
                    head = f"{message.created_at:%Y-%m-%d %H:%M:%S} {message.type} {message.aggregate_id}"
                    self.stdout.write(f"{head} #{message.sequence} {message.data}")
                    position = message.position or position
                if once and not found:
                    return
                if not found:
                    time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            return

    def _replay(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        type: str | None,
        publish: bool,
        reason: str | None,
        **_: Any,
    ) -> None:
        found = messages_between(start, end, type=type)
        if not publish:
            for message in found:
                self.stdout.write(cloud_event(message).decode())
            return
        if not reason:
            raise CommandError("--publish needs a --reason.")
        record_replay(start=start, end=end, type=type, reason=reason)
        broker = Broker(settings.BROKER_URL)
        try:
            told = publish_again(broker, found)
        except BrokerAway as error:
            raise CommandError(f"The broker is away; some may have arrived. {error}") from error
        finally:
            broker.close()
        self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in sorted(told.items())) or "Nothing.")

    def _resend(self, *, ids: list[UUID], status: str, type: str | None, reason: str, **_: Any) -> None:
        count = resend_messages(ids or resendable_ids(status=status, type=type), reason=reason, origin=Origin())
        self.stdout.write(f"{count} will be sent again.")

    def _skip(self, *, ids: Iterable[UUID], reason: str, **_: Any) -> None:
        for id in ids:
            try:
                skip_message(id, reason=reason, origin=Origin())
            except NotFound as error:
                raise CommandError(f"{id}: {error.detail}") from error
            self.stdout.write(f"{id} is skipped.")


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
