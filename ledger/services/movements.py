"""The commands that move a wallet's money, made from what the floors above know: wallets, amounts, references.

The floors above never see the machine; what they need of its vocabulary is exported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import AccountStatus
from ledger.core.allowances import Allowance
from ledger.core.commands import Claim, Conditions, Document, Leg, Origin, TransactionType, Transfer
from ledger.core.refusals import Refusal
from ledger.ids import new_event_id, new_id
from ledger.services.accounts import SystemAccount, wallet_account_id

__all__ = [
    "AccountStatus",
    "Claim",
    "Details",
    "Origin",
    "Refusal",
    "Side",
    "SystemAccount",
    "Transfer",
    "Wish",
    "deposit",
    "payment",
    "transfer",
]


@dataclass(frozen=True, slots=True)
class Side:
    """A wallet as one side of a movement. Its own currency finds its account; the movement has its own."""

    wallet_id: UUID
    currency: str

    @property
    def account_id(self) -> UUID:
        return wallet_account_id(self.wallet_id, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What every movement has.

    Attributes:
        amount: positive, in `currency`, no finer than its scale.
        effective_at: when it counts; None = when it is recorded.
        effective_reason: why it is back-dated; kept in the event for ever.
        answers: the booking that another service has told of; `BookingRejected` repeats these fields.
        allowances: the budgets and limits that a spend has to fit into besides the money.
    """

    claim: Claim
    origin: Origin
    company_id: UUID
    amount: Decimal
    currency: str
    description: str = ""
    reference_type: str = ""
    reference_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    effective_at: datetime | None = None
    effective_reason: str = ""
    answers: dict[str, Any] | None = None
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Conditions of the caller on the source wallet: at least so much available, or exactly this version."""

    available_gte: Decimal | None = None
    version: int | None = None


def transfer(source: Side, destination: Side, details: Details, wish: Wish | None = None) -> Transfer:
    """From wallet to wallet (R258)."""
    conditions = None if wish is None else Conditions(source.account_id, wish.available_gte, wish.version)
    legs = _legs(source.account_id, destination.account_id, details)
    return _command(TransactionType.TRANSFER, legs, details, (source.wallet_id, destination.wallet_id), conditions)


def deposit(source: SystemAccount, wallet: Side, details: Details) -> Transfer:
    """Into a wallet, from one of the company's own accounts."""
    legs = _legs(source.id, wallet.account_id, details)
    return _command(TransactionType.DEPOSIT, legs, details, (None, wallet.wallet_id))


def payment(wallet: Side, destination: SystemAccount, details: Details) -> Transfer:
    """Out of a wallet, to one of the company's own accounts."""
    legs = _legs(wallet.account_id, destination.id, details)
    return _command(TransactionType.PAYMENT, legs, details, (wallet.wallet_id, None))


def _legs(source: UUID, destination: UUID, details: Details) -> tuple[Leg, Leg]:
    currency, amount = details.currency, details.amount
    return Leg(source, currency, -amount), Leg(destination, currency, amount)


def _command(
    type: TransactionType,
    legs: tuple[Leg, ...],
    details: Details,
    parties: tuple[UUID | None, UUID | None],
    conditions: Conditions | None = None,
) -> Transfer:
    source, destination = parties
    document = Document(
        id=new_id(),
        type=type,
        company_id=details.company_id,
        asset=details.currency,
        amount=details.amount,
        description=details.description,
        reference_type=details.reference_type,
        reference_id=details.reference_id,
        metadata=details.metadata,
        source_wallet_id=source,
        destination_wallet_id=destination,
    )
    return Transfer(
        id=new_id(),
        event_id=new_event_id(),
        claim=details.claim,
        origin=details.origin,
        effective_at=details.effective_at,
        effective_reason=details.effective_reason,
        document=document,
        legs=legs,
        conditions=conditions,
        answers=details.answers,
        allowances=details.allowances,
    )
