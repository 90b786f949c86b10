"""The commands that give back what a document moved: refunds and reversals (docs/adr/0017-undo.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Bucket
from ledger.core.allowances import EnvelopeKind, envelope_account_id
from ledger.core.commands import Claim, Document, Origin, TransactionType, Undo
from ledger.ids import new_event_id, new_id
from ledger.models import Transaction

__all__ = ["Undo", "UndoDetails", "refund", "reverse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDetails:
    """What every undoing has.

    Attributes:
        account_ids: of `selectors.originals.touched_by` of the original.
        reason: kept for ever: no personal data.
        redirected: periods of budgets that give back through another period's envelope (old period's id to new).
    """

    claim: Claim
    origin: Origin
    account_ids: tuple[UUID, ...]
    reason: str
    redirected: Mapping[UUID, UUID] = field(default_factory=dict)


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
    redirected = _redirected_accounts(details.redirected, original.asset_id)
    return Undo(
        id=new_id(),
        event_id=new_event_id(),
        claim=details.claim,
        origin=details.origin,
        document=document,
        account_ids=(*details.account_ids, *redirected.values()),
        reason=details.reason,
        redirected=redirected,
    )


def _redirected_accounts(periods: Mapping[UUID, UUID], asset: str) -> dict[UUID, UUID]:
    return {
        envelope_account_id(EnvelopeKind.BUDGET, old, asset, bucket): envelope_account_id(
            EnvelopeKind.BUDGET, new, asset, bucket
        )
        for old, new in periods.items()
        for bucket in (Bucket.AVAILABLE, Bucket.SPENT)
    }
