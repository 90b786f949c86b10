"""Everything that a batch of decisions leaves behind, collected and then written at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from ledger.core.accounts import Account
from ledger.core.commands import Command, Document, OpenAccounts, Reserve
from ledger.core.events import Event, EventType
from ledger.core.held import part_data
from ledger.core.refusals import Refusal
from ledger.core.state import Hold, HoldStatus
from ledger.core.upcasting import version_of
from ledger.ids import new_id
from ledger.money import ZERO
from ledger.services.arrays import columns
from ledger.services.claims import Reply
from ledger.services.messages import messages
from ledger.services.results import Result
from ledger.services.write_statement import ADVANCE, COLUMNS, WRITE


class Batch:
    """Collects the rows of decided commands, then writes them all at once.

    Args:
        now: the database's clock under the lock; when all of this is recorded.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._accounts: dict[UUID, Account] = {}
        self._opened: set[UUID] = set()
        self._advanced: dict[UUID, tuple[Any, ...]] = {}
        self._made: set[UUID] = set()
        self._holds: dict[UUID, Hold] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}

    def add(self, result: Result, reply: Reply) -> None:
        """Take in one decided command."""
        command, before, after = result.command, result.before, result.after
        for event in result.decision.events:
            self._add_event(command, event)
            self._add_step(event, result)
            self._rows["message"] += [
                (
                    new_id(),
                    event.id,
                    m.aggregate_type,
                    m.aggregate_id,
                    m.sequence,
                    m.type,
                    m.version,
                    _json(m.data),
                )
                for m in messages(result, event)
            ]
        if result.document is not None:
            self._add_document(command, result.document, result.refusal)
        if isinstance(command, OpenAccounts):
            self._opened |= after.keys() - before.keys()
        self._accounts.update({id: account for id, account in after.items() if account != before.get(id)})
        self._add_outcome(result, reply)

    def write(self) -> None:
        """Write everything, with one statement for what is new and one more for what goes on; however many rows."""
        self._add_accounts()
        self._rows["advanced"] = list(self._advanced.values())
        self._rows["hold"] = [_made(hold) for id, hold in self._holds.items() if id in self._made]
        self._rows["stepped"] = [_stepped(hold) for id, hold in self._holds.items() if id not in self._made]
        parameters: dict[str, Any] = {"now": self._now}
        for table, names in COLUMNS.items():
            literals = columns(self._rows[table], len(names))
            parameters |= {f"{table}_{name}": text for name, text in zip(names, literals, strict=True)}
        with connection.cursor() as cursor:
            cursor.execute(WRITE, parameters)
            if self._advanced or self._rows["hold"]:
                cursor.execute(ADVANCE, parameters)

    def _add_accounts(self) -> None:
        for id, account in sorted(self._accounts.items()):
            figures = account.balance, account.status.value, account.seq, account.life_seq, account.version
            if id in self._opened:
                identity = account.owner_type, account.owner_id, account.book.value, account.asset, account.bucket.value
                # A system account starts at its checkpoint of zero; its first postings are in the tail.
                balance = ZERO if account.is_system else account.balance
                opened = id, *identity, account.min_balance, balance, *figures[1:], account.window_starts_at
                self._rows["opened"].append(opened)
            elif not account.is_system:
                self._rows["changed"].append((id, *figures, account.min_balance, account.window_starts_at))

    def _add_event(self, command: Command, event: Event) -> None:
        origin = command.origin
        who = origin.actor_type, origin.actor_id, origin.session_id, origin.correlation_id
        where = event.stream.value, event.stream_id, event.seq
        what = version_of(event.type), _json(event.data)
        self._rows["event"].append((event.id, event.type.value, *where, *what, command.id, *who, event.effective_at))
        self._rows["posting"] += [
            (p.id, event.id, p.account_id, p.amount, p.account_seq, p.balance_after, event.effective_at)
            for p in event.postings
        ]

    def _add_step(self, event: Event, result: Result) -> None:
        """What an event means for a hold, and for a document that was there before it."""
        match event.type:
            case EventType.RESERVATION_CREATED:
                assert result.hold is not None, "it has just been made"
                self._made.add(result.hold.id)
                self._holds[result.hold.id] = result.hold
            case EventType.RESERVATION_REFUSED:
                self._advance(event.stream_id, None, None, None, None, event.seq)
            case EventType.TRANSACTION_REFUNDED | EventType.TRANSACTION_REVERSED:
                original = result.original
                assert original is not None, "it has just been undone"
                self._advance(original.id, original.state, None, None, original.refunded, event.seq)
            case _ if event.type.is_of_hold:
                hold = result.hold
                assert hold is not None, "a step has a hold"
                self._holds[hold.id] = hold
                amount = hold.captured if hold.captured and hold.status is not HoldStatus.ACTIVE else None
                # The state is the event's: a hold that has ended no longer knows how far it had come.
                self._advance(event.stream_id, event.data["state"], hold.destination_wallet_id, amount, None, event.seq)

    def _advance(self, document_id: UUID, *changed: Any) -> None:
        """Note what changes in a document; None = as it was."""
        earlier = self._advanced.get(document_id, (document_id, *[None] * len(changed)))
        merged = (new if new is not None else old for new, old in zip(changed, earlier[1:], strict=True))
        self._advanced[document_id] = (document_id, *merged)

    def _add_document(self, command: Command, document: Document, refusal: Refusal | None) -> None:
        state = "BALANCE_RESERVED" if isinstance(command, Reserve) else "COMPLETED"
        self._rows["document"].append(
            (
                document.id,
                document.company_id,
                document.type.value,
                "FAILED" if refusal else state,
                document.source_wallet_id,
                document.destination_wallet_id,
                document.asset,
                document.amount,
                document.fee_amount,
                document.reference_type,
                document.reference_id,
                document.description,
                _json(document.metadata),
                refusal.code.value if refusal else "",
                command.id,
                command.origin.actor_id,
                command.effective_at or self._now,
                document.original_id,
            )
        )

    def _add_outcome(self, result: Result, reply: Reply) -> None:
        refusal = result.refusal
        outcome = ("REFUSED", refusal.code.value) if refusal else ("ACCEPTED", "")
        self._rows["command"].append(
            (result.command.id, *outcome, result.transaction_id, reply.status or None, reply.body)
        )


def _made(hold: Hold) -> tuple[Any, ...]:
    """A hold that was made now, as it is after all that was done to it in the same batch."""
    return (*_stepped(hold), hold.transaction_id, hold.wallet_id, hold.asset, hold.amount, hold.purpose)


def _stepped(hold: Hold) -> tuple[Any, ...]:
    figures = hold.captured, hold.released, hold.status.value
    return hold.id, hold.destination_wallet_id, *figures, hold.expires_at, _parts(hold)


def _parts(hold: Hold) -> str:
    return _json([part_data(part) for part in hold.parts])


def _json(data: object) -> str:
    return orjson.dumps(data).decode()
