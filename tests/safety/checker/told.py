"""What others are told, and what others tell: every change once, in order, and none besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from uuid import UUID

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Event, Message
from tests.safety.checker.violation import Violation

Heard = tuple[UUID, UUID, int]
"""What somebody heard at the broker: the message's id, its subject, its number there."""


def announced(books: Books) -> Iterator[Violation]:
    """I17: each change is told once to each whom it touches, and nothing else is told."""
    told = Counter(
        (message.event_id, message.aggregate_id, message.type == "BookingRejected") for message in books.messages
    )
    wanted = Counter(
        (event.id, subject, is_answer) for event in books.events for subject, is_answer in _due(books, event)
    )
    for (event_id, subject, _), times in (wanted - told).items():
        yield Violation("I17", f"event {event_id} was not told to {subject} ({times} missing)")
    for (event_id, subject, _), times in (told - wanted).items():
        yield Violation("I17", f"event {event_id} was told to {subject} {times} times too often")


def _due(books: Books, event: Event) -> Iterator[tuple[UUID, bool]]:
    """Who has to hear of an event, and whether it is an answer to a booking."""
    if event.type in ("TransactionFailed", "AllowanceChanged"):
        yield event.stream_id, False
        if "answers" in event.data:
            yield event.stream_id, True
        return
    accounts = [books.account.get(line.account_id) for line in books.lines_of_event.get(event.id, [])]
    if event.stream == "accounts":
        accounts.append(books.account.get(event.stream_id))
    for owner in {one.owner_id for one in accounts if one is not None and one.is_of_wallet}:
        yield owner, False


def audited(books: Books) -> Iterator[Violation]:
    """I17: whoever changed the status of a wallet is on record, once per change."""
    changes = Counter(
        (books.account[event.stream_id].owner_id, event.data["old_status"], event.data["status"])
        for event in books.events
        if event.type == "AccountStatusChanged" and event.stream_id in books.account
    )
    wallets = set(books.wallet_status)
    changes = Counter({change: times for change, times in changes.items() if change[0] in wallets})
    recorded = Counter(
        (one.entity_id, one.before.get("status"), one.after.get("status"))
        for one in books.audits
        if one.event_type == "wallet.status_changed"
    )
    for (wallet, before, after), times in (changes - recorded).items():
        yield Violation("I17", f"wallet {wallet} went from {before} to {after}, and nobody is on record ({times})")
    for (wallet, before, after), times in (recorded - changes).items():
        yield Violation("I17", f"on record: wallet {wallet} from {before} to {after}, which never happened ({times})")
    for wallet, status in books.wallet_status.items():
        account = books.wallet(wallet)
        if account is not None and account.status != status:
            yield Violation("I17", f"wallet {wallet} is {status}, its account is {account.status}")


def numbered(books: Books) -> Iterator[Violation]:
    """I18: messages are numbered 1, 2, 3… per subject, as its changes were decided, and leave in that order."""
    for subject, messages in books.messages_of.items():
        numbers = [message.sequence for message in messages]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Violation("I18", f"messages of {subject} are numbered {numbers[-8:]}")
        account = books.wallet(subject)
        if account is not None and account.version != len(messages):
            yield Violation("I18", f"wallet {subject} is at {account.version}, {len(messages)} messages tell of it")
        yield from _in_order(subject, messages)
        yield from _as_posted(books, subject, messages)
    positions = sorted(message.position for message in books.messages if message.position is not None)
    if positions != list(range(1, len(positions) + 1)):
        yield Violation("I18", f"places in the stream: {len(positions)} of them, the last is {positions[-1]}")


def _in_order(subject: UUID, messages: list[Message]) -> Iterator[Violation]:
    for earlier, later in pairwise(messages):
        if later.created_at < earlier.created_at:
            yield Violation("I18", f"message {later.sequence} of {subject} was written before the one it follows")
        if later.position is not None and (earlier.position is None or later.position < earlier.position):
            yield Violation("I18", f"message {later.sequence} of {subject} has a place before the one it follows")
        if later.status == "PUBLISHED" and earlier.status == "PENDING":
            yield Violation("I18", f"message {later.sequence} of {subject} left before the one it follows")


def _as_posted(books: Books, subject: UUID, messages: list[Message]) -> Iterator[Violation]:
    """On each account of a wallet, lines are in the order in which the wallet was told of them."""
    number = {message.event_id: message.sequence for message in messages}
    for bucket in ("AVAILABLE", "RESERVED", "PENDING"):
        account = books.wallet(subject, bucket)
        lines = books.lines_of_account.get(account.id, []) if account else []
        told = [number[line.event_id] for line in lines if line.event_id in number]
        if told != sorted(told):
            yield Violation("I18", f"wallet {subject} was told of its lines in another order than they were posted")


def consumed(books: Books) -> Iterator[Violation]:
    """I19: what another service told is taken in once, with one effect."""
    times = Counter((one.source, one.event_id) for one in books.incoming)
    for (source, event_id), count in times.items():
        if count > 1:
            yield Violation("I19", f"event {event_id} of {source} was taken in {count} times")
    for one in books.incoming:
        if one.transaction_id is not None and one.transaction_id not in books.document:
            yield Violation("I19", f"event {one.event_id} of {one.source} claims an effect that is not there")
    booked = Counter(
        document.reference_id
        for document in books.documents
        if document.reference_type == "booking" and document.type == "PAYMENT" and document.state != "FAILED"
    )
    for reference, count in booked.items():
        if count > 1:
            yield Violation("I19", f"booking {reference} was paid {count} times")


def heard(books: Books, found: Iterable[Heard], *, may_repeat: bool = False) -> Iterator[Violation]:
    """I18, I19: what is marked as published was heard, in order, and nothing was heard that is not stored.

    Args:
        may_repeat: a publisher that was killed says again what it may have said.
    """
    seen: Counter[UUID] = Counter()
    last: dict[UUID, int] = {}
    stored = {message.id: message for message in books.messages}
    for id, subject, sequence in found:
        seen[id] += 1
        if id not in stored:
            yield Violation("I19", f"message {id} was heard and is not stored")
        if seen[id] == 1 and sequence != last.get(subject, sequence - 1) + 1:
            yield Violation("I18", f"after message {last.get(subject)} of {subject} came {sequence}")
        last[subject] = max(sequence, last.get(subject, 0))
        if seen[id] == 2 and not may_repeat:
            yield Violation("I19", f"message {id} was heard twice")
    for message in books.messages:
        if message.status == "PUBLISHED" and not seen[message.id]:
            yield Violation("I18", f"message {message.id} is marked as published, nobody heard it")
