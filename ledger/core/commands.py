"""Commands: what somebody wishes to happen, as plain frozen data.

The edge chooses every id and price before a command is made (C19); the machine only decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus


class TransactionType(StrEnum):
    """What kind of document a movement of money is (C8)."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    TRANSFER = "TRANSFER"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"

    def seen_from_wallet(self, *, incoming: bool) -> str:
        """How the document looks from one wallet's side: CREDIT, DEBIT, TRANSFER_IN or TRANSFER_OUT (R52, C8)."""
        if self is TransactionType.TRANSFER:
            return "TRANSFER_IN" if incoming else "TRANSFER_OUT"
        return "CREDIT" if incoming else "DEBIT"


class TransactionState(StrEnum):
    """The lifecycle of a document: the steps of R169 and its terminal states (C9)."""

    INITIATED = "INITIATED"
    VALIDATING = "VALIDATING"
    BALANCE_RESERVED = "BALANCE_RESERVED"
    SENT_TO_PROVIDER = "SENT_TO_PROVIDER"
    PROVIDER_PROCESSING = "PROVIDER_PROCESSING"
    PROVIDER_CONFIRMING = "PROVIDER_CONFIRMING"
    COMPENSATING = "COMPENSATING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REVERSED = "REVERSED"
    CANCELLED = "CANCELLED"


TERMINAL_STATES = (
    TransactionState.COMPLETED,
    TransactionState.FAILED,
    TransactionState.REVERSED,
    TransactionState.CANCELLED,
)
"""States that keep their name as the coarse status; every other state reads as PENDING."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, and on what occasion. Ids only: names and addresses belong to compliance.

    Attributes:
        actor_type: the caller's role, or SYSTEM for the service's own jobs.
        session_id: the log-in under which it happened; leads to address and device in compliance.
        correlation_id: the request id that the answer and every log line carry.
    """

    actor_type: str
    actor_id: UUID | None = None
    session_id: UUID | None = None
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to happen once: (scope, key) is unique for ever (C11).

    Attributes:
        request_hash: SHA-256 over what was asked; the same key with another hash is another request.
    """

    scope: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command has. `event_id` is the id that its event will bear."""

    id: UUID
    event_id: UUID
    claim: Claim
    origin: Origin
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccounts(Command):
    """Open the accounts of one owner together. `announcement` travels to the outbox as the message's data."""

    accounts: tuple[Account, ...]
    announcement: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccountStatus(Command):
    """Change the status of all accounts of one owner, the headline account first."""

    account_ids: tuple[UUID, ...]
    status: AccountStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One wished posting: a signed, non-zero amount on one account."""

    account_id: UUID
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the caller wants to be true of the source account at the moment of decision (docs/interface.md)."""

    account_id: UUID
    available_gte: Decimal | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The customer's view of a movement; becomes the Transaction row.

    Attributes:
        amount: what moves between the parties; positive, in `asset`.
        fee_amount: what is taken besides; `total_amount` is both.
    """

    id: UUID
    type: TransactionType
    company_id: UUID
    asset: str
    amount: Decimal
    fee_amount: Decimal = Decimal(0)
    source_wallet_id: UUID | None = None
    destination_wallet_id: UUID | None = None
    reference_type: str = ""
    reference_id: str = ""
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def total_amount(self) -> Decimal:
        return self.amount + self.fee_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Command):
    """Move money over n legs. A credit, a debit, a payment and a transfer are all this command: they differ
    in their document and in whose accounts the legs touch."""

    document: Document
    legs: tuple[Leg, ...]
    conditions: Conditions | None = None


AnyCommand = OpenAccounts | SetAccountStatus | Transfer
