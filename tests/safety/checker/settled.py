"""I25: what must not be left behind once everybody has stopped and the jobs have run."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.checker.books import Books
from tests.safety.checker.violation import Violation


def left_behind(books: Books) -> Iterator[Violation]:
    """Messages that wait for ever, holds whose end nobody recorded."""
    for message in books.messages:
        if message.status == "PENDING":
            yield Violation("I25", f"message {message.id} ({message.type}) still waits, at place {message.position}")
    for hold in books.holds:
        if hold.status == "ACTIVE" and hold.expires_at <= books.now:
            yield Violation("I25", f"hold {hold.id} ended at {hold.expires_at}, nobody has recorded it")
    for one in books.incoming:
        if one.status == "PENDING":
            yield Violation("I25", f"event {one.event_id} of {one.source} still waits")
