"""All events from the first to the last, for those who fold the whole ledger: in order, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from uuid import UUID

from django.db import connection
from django.db.models import Q

from ledger.core import events as core
from ledger.core.events import EventType, Stream
from ledger.core.tallies import Line
from ledger.core.upcasting import require_known
from ledger.models import Event, Posting
from ledger.selectors.events import core_event

CHUNK = 5_000
"""How many events are held in memory together."""

# The turn of a limit is a part of its accounts' life that moves something: it is read with its postings.
_TURN = Q(type=EventType.ALLOWANCE_TURNED)
_LIFE = Q(stream=Stream.ACCOUNTS) & ~_TURN


def all_events() -> Iterator[core.Event]:
    """Every event with its postings: the lives of accounts first, then the movements, each in order."""
    return chain(lives_of_accounts(), _with_postings(~_LIFE))


def lives_of_accounts() -> Iterator[core.Event]:
    """What opened accounts and changed their status or floor; account by account, in order."""
    return map(core_event, Event.objects.filter(_LIFE).order_by("stream_id", "seq").iterator(CHUNK))


def turns_of_limits() -> Iterator[core.Event]:
    """What turned limits to their next window, with its postings."""
    return _with_postings(_TURN)


def _with_postings(wanted: Q) -> Iterator[core.Event]:
    chunk: list[Event] = []
    for row in Event.objects.filter(wanted).order_by("id").iterator(CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _joined(chunk)
            chunk = []
    yield from _joined(chunk)


def _joined(rows: list[Event]) -> Iterator[core.Event]:
    if not rows:
        return
    first, last = rows[0].id, core.posting_id(rows[-1].id, core.POSTINGS_PER_EVENT)
    postings: dict[UUID, list[Posting]] = {row.id: [] for row in rows}
    for posting in Posting.objects.filter(id__gt=first, id__lte=last).order_by("id"):
        if posting.event_id in postings:
            postings[posting.event_id].append(posting)
    for row in rows:
        yield core_event(row, postings[row.id])


_MOVEMENTS = """
    SELECT id::text, type, schema_version FROM ledger_event
    WHERE id > %(after)s AND stream <> 'accounts' AND type <> 'AllowanceTurned'
    ORDER BY id LIMIT %(limit)s
"""
_LINES = """
    SELECT event_id::text, account_id::text, amount FROM ledger_posting
    WHERE id > %(first)s AND id <= %(last)s ORDER BY id
"""


def movements() -> Iterator[tuple[int, Iterable[Line]]]:
    """All events but those above, a chunk at a time: how many events they are, and their postings.

    What the events say besides is left where it is, so that a million of them is a matter of seconds.

    Raises:
        UnknownVersion: a newer release wrote an event.
    """
    after = UUID(int=0)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_MOVEMENTS, {"after": after, "limit": CHUNK})
            rows = cursor.fetchall()
            if not rows:
                return
            for type, version in {(type, version) for _, type, version in rows}:
                require_known(EventType(type), version)
            first, after = UUID(rows[0][0]), UUID(rows[-1][0])
            cursor.execute(_LINES, {"first": first, "last": core.posting_id(after, core.POSTINGS_PER_EVENT)})
            # By the event that a posting names, not by the one that its id follows: without one it counts nothing.
            events = {row[0] for row in rows}
            yield len(rows), [line for line in cursor.fetchall() if line[0] in events]
