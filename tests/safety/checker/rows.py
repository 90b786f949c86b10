"""The tables as they stand, read by plain SQL: what this checker knows of the service's storage, and all it knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    owner_type: str
    owner_id: UUID
    book: str
    asset: str
    bucket: str
    balance: Decimal
    min_balance: Decimal | None
    status: str
    seq: int
    life_seq: int
    version: int
    folded_xid: int | None

    @property
    def is_system(self) -> bool:
        return self.bucket == "SYSTEM"

    @property
    def is_of_wallet(self) -> bool:
        return self.owner_type == "WALLET"


@dataclass(frozen=True, slots=True)
class Posting:
    id: UUID
    event_id: UUID
    account_id: UUID
    amount: Decimal
    account_seq: int | None
    balance_after: Decimal | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    id: UUID
    type: str
    stream: str
    stream_id: UUID
    seq: int
    data: dict[str, Any]
    command_id: UUID
    effective_at: datetime
    recorded_at: datetime
    xid: int


@dataclass(frozen=True, slots=True)
class Command:
    id: UUID
    scope: str
    key: str
    type: str
    outcome: str | None
    refusal_code: str
    transaction_id: UUID | None
    reply_status: int | None
    reply_body: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    id: UUID
    type: str
    state: str
    source: UUID | None
    destination: UUID | None
    asset: str
    amount: Decimal
    fee: Decimal
    total: Decimal
    refunded: Decimal
    original_id: UUID | None
    reference_type: str
    reference_id: str
    refusal_code: str
    command_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Hold:
    id: UUID
    transaction_id: UUID
    wallet_id: UUID
    destination: UUID | None
    asset: str
    amount: Decimal
    captured: Decimal
    released: Decimal
    status: str
    expires_at: datetime
    parts: list[dict[str, Any]]

    @property
    def rest(self) -> Decimal:
        return self.amount - self.captured - self.released


@dataclass(frozen=True, slots=True)
class Message:
    id: UUID
    event_id: UUID
    aggregate_id: UUID
    sequence: int
    type: str
    data: dict[str, Any]
    status: str
    attempts: int
    created_at: datetime
    published_at: datetime | None
    position: int | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event of another service."""

    source: str
    event_id: str
    type: str
    status: str
    transaction_id: UUID | None


@dataclass(frozen=True, slots=True)
class Audit:
    entity_id: UUID
    event_type: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guard:
    """A trigger that keeps a table, or the lack of a right to change it."""

    table: str
    name: str


SELECTS: dict[type, str] = {
    Account: """
        SELECT id, owner_type, owner_id, book, asset_id, bucket, balance, min_balance, status, seq, life_seq, version,
               folded_xid
        FROM ledger_account""",
    Posting: """
        SELECT id, event_id, account_id, amount, account_seq, balance_after, recorded_at FROM ledger_posting
        ORDER BY account_id, account_seq, id""",
    Event: """
        SELECT id, type, stream, stream_id, seq, data, command_id, effective_at, recorded_at, xid FROM ledger_event
        ORDER BY recorded_at, id""",
    Command: """
        SELECT id, scope, key, type, outcome, refusal_code, transaction_id, reply_status, reply_body, received_at
        FROM ledger_command""",
    Document: """
        SELECT id, type, state, source_wallet_id, destination_wallet_id, asset_id, amount, fee_amount, total_amount,
               refunded_amount, original_transaction_id, reference_type, reference_id, refusal_code, command_id, version
        FROM ledger_transaction""",
    Hold: """
        SELECT id, transaction_id, wallet_id, destination_wallet_id, asset_id, amount, captured_amount, released_amount,
               status, expires_at, parts
        FROM ledger_reservation""",
    Message: """
        SELECT id, event_id, aggregate_id, sequence, type, data, status, attempts, created_at, published_at, position
        FROM ledger_outboxmessage ORDER BY aggregate_id, sequence""",
    Incoming: "SELECT source, event_id, event_type, status, transaction_id FROM ledger_inboxevent",
    Audit: "SELECT entity_id, event_type, before, after FROM compliance_auditrecord WHERE event_type LIKE 'wallet.%'",
}
"""Columns in the order of the fields."""
