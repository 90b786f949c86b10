"""Commands: what somebody wishes to happen, as plain frozen data.

The edge chooses every id and price before a command is made (C19); the machine only decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus
from ledger.core.allotments import Allot, SetAccountFloor
from ledger.core.allowances import Allowance
from ledger.core.command import Claim, Command, Origin
from ledger.core.stages import TransactionState
from ledger.core.state import Part

__all__ = [
    "Advance",
    "Allot",
    "AnyCommand",
    "Capture",
    "Claim",
    "Command",
    "Conditions",
    "Document",
    "Expire",
    "Extend",
    "HoldCommand",
    "Leg",
    "OpenAccounts",
    "Origin",
    "Release",
    "Reserve",
    "SetAccountFloor",
    "SetAccountStatus",
    "TransactionType",
    "Transfer",
    "Undo",
]


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
        original_id: the document that this one undoes, wholly or in part.
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
    original_id: UUID | None = None

    @property
    def total_amount(self) -> Decimal:
        return self.amount + self.fee_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Command):
    """Move money over n legs. A credit, a debit, a payment and a transfer are all this command: they differ
    in their document and in whose accounts the legs touch.

    Attributes:
        allowances: the budgets and limits that it has to fit into besides the money.
        answers: the booking that another service has told of and that this settles; if it is refused, the message
            `BookingRejected` says so with these fields.
    """

    document: Document
    legs: tuple[Leg, ...]
    allowances: tuple[Allowance, ...] = ()
    conditions: Conditions | None = None
    answers: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Command):
    """Set money aside, and whatever has to be set aside with it (R164).

    Attributes:
        hold_id: the id of the hold that comes of it.
        parts: the money; every part is held with the document's amount.
        account_ids: every account of the parts and allowances, and the headline accounts of their wallets.
        allowances: the budgets and limits that it has to fit into; they are held with it.
        expires_in: the deadline, from the moment of decision.
        answers: as a `Transfer`'s.
    """

    document: Document
    hold_id: UUID
    parts: tuple[Part, ...]
    account_ids: tuple[UUID, ...]
    expires_in: timedelta
    purpose: str = ""
    allowances: tuple[Allowance, ...] = ()
    answers: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCommand(Command):
    """Something done to a hold.

    Attributes:
        account_ids: every account of the hold and of its wallets; locked even if nothing is posted to them, so that
            whatever happens to one hold happens in an order.
    """

    hold_id: UUID
    account_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture(HoldCommand):
    """Pay out of a hold.

    Attributes:
        amount: None = all that is left.
        is_final: release what is left afterwards.
        target: where the money goes if the hold does not say it already.
        destination_wallet_id: whose account `target` is; None = the company's own.
    """

    amount: Decimal | None = None
    is_final: bool = True
    target: UUID
    destination_wallet_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(HoldCommand):
    """Give back what is left of a hold."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(HoldCommand):
    """Record that a hold's deadline has passed. The deadline itself needs no recording: it binds by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(HoldCommand):
    """Move a hold's deadline to `expires_in` from the moment of decision."""

    expires_in: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance(HoldCommand):
    """Report how far whoever deals with a provider has come (R169, R170).

    Attributes:
        state: the next stage of the hold's document.
        reason, metadata: kept for ever in its history: no personal data.
    """

    state: TransactionState
    reason: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(Command):
    """Give back what a document moved: a REVERSAL all of it, once; a REFUND some of it, until nothing is left.

    Attributes:
        document: the new document, with `original_id`.
        account_ids: every account that the original moved, and the headline accounts of its wallets.
        redirected: envelope accounts that give back through another period's instead (old account to new).
    """

    document: Document
    account_ids: tuple[UUID, ...]
    reason: str
    redirected: Mapping[UUID, UUID] = field(default_factory=dict)

    @property
    def original_id(self) -> UUID:
        assert self.document.original_id is not None, "what is undone has a document"
        return self.document.original_id


AnyCommand = (
    OpenAccounts
    | SetAccountStatus
    | SetAccountFloor
    | Allot
    | Transfer
    | Reserve
    | Capture
    | Release
    | Expire
    | Extend
    | Advance
    | Undo
)
