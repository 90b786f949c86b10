"""All rows of one instant, and ways to find them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from tests.safety.checker.rows import (
    SELECTS,
    Account,
    Audit,
    Command,
    Document,
    Event,
    Guard,
    Hold,
    Incoming,
    Message,
    Posting,
)

Row = TypeVar("Row")
Database = psycopg.Connection | str

_GUARDS = """
    SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = 'public'::regnamespace
"""
_RIGHTS = """
    SELECT c.relname, r.rolname || ' may ' || lower(wanted.right)
    FROM pg_class c CROSS JOIN pg_roles r CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS wanted("right")
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND NOT r.rolsuper AND r.oid <> c.relowner AND r.rolcanlogin
          AND has_database_privilege(r.oid, current_database(), 'CONNECT')
          AND has_table_privilege(r.oid, c.oid, wanted."right")
"""
_CHECKS = """
    SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype IN ('c', 'u', 'p') AND c.relnamespace = 'public'::regnamespace
"""


@dataclass
class Books:
    """Everything, as it stood at one instant."""

    accounts: list[Account]
    postings: list[Posting]
    events: list[Event]
    commands: list[Command]
    documents: list[Document]
    holds: list[Hold]
    messages: list[Message]
    incoming: list[Incoming]
    audits: list[Audit]
    scales: dict[str, int]
    wallet_status: dict[UUID, str]
    now: datetime
    guards: set[Guard] = field(default_factory=set)
    rights: set[Guard] = field(default_factory=set)
    checks: set[Guard] = field(default_factory=set)

    @cached_property
    def account(self) -> dict[UUID, Account]:
        return {one.id: one for one in self.accounts}

    @cached_property
    def event(self) -> dict[UUID, Event]:
        return {one.id: one for one in self.events}

    @cached_property
    def command(self) -> dict[UUID, Command]:
        return {one.id: one for one in self.commands}

    @cached_property
    def document(self) -> dict[UUID, Document]:
        return {one.id: one for one in self.documents}

    @cached_property
    def hold_of(self) -> dict[UUID, Hold]:
        """By the document."""
        return {one.transaction_id: one for one in self.holds}

    @cached_property
    def lines_of_event(self) -> dict[UUID, list[Posting]]:
        return grouped(self.postings, "event_id")

    @cached_property
    def lines_of_account(self) -> dict[UUID, list[Posting]]:
        """In the order of their numbers."""
        return grouped(self.postings, "account_id")

    @cached_property
    def events_of_command(self) -> dict[UUID, list[Event]]:
        return grouped(self.events, "command_id")

    @cached_property
    def events_of_stream(self) -> dict[UUID, list[Event]]:
        return {id: sorted(events, key=attrgetter("seq")) for id, events in grouped(self.events, "stream_id").items()}

    @cached_property
    def documents_of_command(self) -> dict[UUID, list[Document]]:
        return grouped(self.documents, "command_id")

    @cached_property
    def messages_of(self) -> dict[UUID, list[Message]]:
        """By what they are about, in the order of their numbers."""
        return grouped(self.messages, "aggregate_id")

    @cached_property
    def commands_of_key(self) -> dict[tuple[str, str], list[Command]]:
        found: dict[tuple[str, str], list[Command]] = defaultdict(list)
        for one in self.commands:
            found[one.scope, one.key].append(one)
        return found

    def wallet(self, wallet_id: UUID, bucket: str = "AVAILABLE") -> Account | None:
        """One of a wallet's accounts."""
        return self._wallets.get((wallet_id, bucket))

    @cached_property
    def _wallets(self) -> dict[tuple[UUID, str], Account]:
        return {(one.owner_id, one.bucket): one for one in self.accounts if one.is_of_wallet}

    def moved(self, event: Event, bucket: str, owner: UUID | None = None, owner_type: str = "WALLET") -> Decimal:
        """What an event changed of the accounts of one bucket and of one owner, or of all of a type."""
        total = Decimal(0)
        for line in self.lines_of_event.get(event.id, []):
            account = self.account.get(line.account_id)
            if account is None or account.bucket != bucket or account.owner_type != owner_type:
                continue
            total += line.amount if owner in (None, account.owner_id) else 0
        return total


def grouped(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    """Rows by one of their fields, in the order in which they come."""
    found: dict[Hashable, list[Row]] = defaultdict(list)
    value_of = attrgetter(name)
    for row in rows:
        found[value_of(row)].append(row)
    return found


@contextmanager
def one_instant(database: Database) -> Iterator[psycopg.Connection]:
    """A connection that sees one instant. One that is in a transaction already sees what that transaction sees."""
    if isinstance(database, str):
        with psycopg.connect(database) as own, one_instant(own):
            yield own
        return
    if database.info.transaction_status is TransactionStatus.INTRANS:
        yield database
        return
    with database.transaction():
        database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield database


def read(database: Database) -> Books:
    """Everything, as it stands now."""
    with one_instant(database) as connection:
        found: dict[type, Any] = {
            kind: [kind(*row) for row in connection.execute(select)] for kind, select in SELECTS.items()
        }
        scales = dict(connection.execute("SELECT code, scale FROM ledger_asset").fetchall())
        statuses = dict(connection.execute("SELECT id, status FROM wallets_wallet").fetchall())
        (now,) = connection.execute("SELECT clock_timestamp()").fetchall()[0]
        guards, rights, checks = (
            {Guard(*row) for row in connection.execute(asked)} for asked in (_GUARDS, _RIGHTS, _CHECKS)
        )
    kinds = (Account, Posting, Event, Command, Document, Hold, Message, Incoming, Audit)
    rows: tuple[Any, ...] = tuple(found[kind] for kind in kinds)
    accounts, postings, events, commands, documents, holds, messages, incoming, audits = rows
    return Books(
        accounts,
        postings,
        events,
        commands,
        documents,
        holds,
        messages,
        incoming,
        audits,
        scales,
        statuses,
        now,
        guards,
        rights,
        checks,
    )
