"""The commands that give back what a document moved: refunds and reversals (docs/adr/0017-undo.md)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.core.commands import Claim, Document, Origin, TransactionType, Undo
from ledger.ids import new_event_id, new_id
from ledger.models import Transaction

__all__ = ["Undo", "UndoDetails", "refund", "reverse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDetails:
    """What every undoing has.

    Attributes:
        account_ids: `selectors.originals.accounts_to_lock` of the original.
        reason: kept for ever: no personal data.
    """

    claim: Claim
    origin: Origin
    account_ids: tuple[UUID, ...]
    reason: str


def refund(original: Transaction, details: UndoDetails, *, amount: Decimal) -> Undo:
    """Give back some of what a document moved. Fees are never refunded."""
    return _undo(TransactionType.REFUND, original, details, amount, Decimal(0))


def reverse(original: Transaction, details: UndoDetails) -> Undo:
    """Give back all of what a document moved, fees too."""
    return _undo(TransactionType.REVERSAL, original, details, original.amount, original.fee_amount)


def _undo(type: TransactionType, original: Transaction, details: UndoDetails, amount: Decimal, fee: Decimal) -> Undo:
    document = Document(
        id=new_id(),
        type=type,
        company_id=original.company_id,
        asset=original.asset_id,
        amount=amount,
        fee_amount=fee,
        source_wallet_id=original.destination_wallet_id,
        destination_wallet_id=original.source_wallet_id,
        reference_type=original.reference_type,
        reference_id=original.reference_id,
        description=original.description,
        original_id=original.id,
    )
    return Undo(
        id=new_id(),
        event_id=new_event_id(),
        claim=details.claim,
        origin=details.origin,
        document=document,
        account_ids=details.account_ids,
        reason=details.reason,
    )
