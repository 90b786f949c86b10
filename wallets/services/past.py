"""Taking over a history: movements that counted before this ledger was told of them, in large batches.

The ledger never pretends to have known: they are effective then and recorded now (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from compliance.models import Caller
from ledger.money import plain
from ledger.services import journal
from ledger.services.accounts import digest, ensure_system_accounts
from ledger.services.holds import Step
from ledger.services.journal import Outcome
from ledger.services.movements import Claim, Details, Origin, Side, SystemAccount, Transfer, deposit, payment, transfer
from wallets.models import Wallet
from wallets.selectors.balances import forget_figures
from wallets.services.bookings import clearing_account, reference_claim
from wallets.services.wallets import funding_account


class PastKind(StrEnum):
    """TOP_UP: from the company's funding. DEBIT, CREDIT: bookings and their refunds. TRANSFER: wallet to wallet."""

    TOP_UP = "TOP_UP"
    DEBIT = "DEBIT"
    CREDIT = "CREDIT"
    TRANSFER = "TRANSFER"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMovement:
    """What moved then.

    Attributes:
        wallet: whose money it is, with its user; of a transfer the source.
        receiver: where a transfer goes; None otherwise.
        amount: positive, in the wallet's currency.
        reference_id: with `reference_type` and `kind` unique in the company for ever. Bookings share this name
            space with those that are made today.
        description: kept for ever: no personal data.
        actor: who asked for it then.
    """

    kind: PastKind
    wallet: Wallet
    receiver: Wallet | None = None
    amount: Decimal
    description: str
    reference_type: str
    reference_id: str
    metadata: dict[str, Any] = field(default_factory=dict)
    effective_at: datetime
    actor: Caller

    @property
    def company_id(self) -> UUID:
        return self.wallet.user.company_id

    @property
    def counterpart(self) -> SystemAccount:
        """The company's account on the other side."""
        chosen = funding_account if self.kind is PastKind.TOP_UP else clearing_account
        return chosen(self.company_id, self.wallet.currency)


def origin_of(actor: Caller) -> Origin:
    """Who asked, on an occasion that was no request."""
    return Origin(actor_type=actor.role, actor_id=actor.id)


def occasion(actor: Caller, key: str) -> Step:
    """The claim and origin of something that somebody did once, on an occasion that was no request.

    Args:
        key: names the occasion, once and for ever in the actor's company; done again, it changes nothing.
    """
    claim = Claim(scope=f"occasion:{actor.company_id}", key=key, request_hash=digest(key))
    return Step(claim=claim, origin=origin_of(actor))


def post_past_movements(movements: Sequence[PastMovement]) -> list[Outcome]:
    """Post movements in the order given, which should be that of their times; refusals do not stop the others.

    Calling again with the same movements changes nothing, so an interrupted take-over is simply repeated.

    Args:
        movements: some thousand at most; they are one database transaction.

    Returns:
        One outcome per movement, in order.
    """
    ensure_system_accounts({movement.counterpart for movement in movements if movement.receiver is None})
    outcomes = journal.post([_command(movement) for movement in movements])
    forget_figures(*{wallet.id for m in movements for wallet in (m.wallet, m.receiver) if wallet is not None})
    return outcomes


def _command(movement: PastMovement) -> Transfer:
    details = Details(
        claim=_claim(movement),
        origin=origin_of(movement.actor),
        company_id=movement.company_id,
        amount=movement.amount,
        currency=movement.wallet.currency,
        description=movement.description,
        reference_type=movement.reference_type,
        reference_id=movement.reference_id,
        metadata=movement.metadata,
        effective_at=movement.effective_at,
    )
    wallet = Side(movement.wallet.id, movement.wallet.currency)
    match movement.kind:
        case PastKind.TRANSFER:
            assert movement.receiver is not None, "a transfer goes somewhere"
            return transfer(wallet, Side(movement.receiver.id, movement.receiver.currency), details)
        case PastKind.DEBIT:
            return payment(wallet, movement.counterpart, details)
        case PastKind.TOP_UP | PastKind.CREDIT:
            return deposit(movement.counterpart, wallet, details)


def _claim(movement: PastMovement) -> Claim:
    parties = (str(wallet.id) if wallet else "" for wallet in (movement.wallet, movement.receiver))
    return reference_claim(
        movement.company_id,
        type=movement.reference_type,
        id=movement.reference_id,
        direction=movement.kind.value,
        request_hash=digest(*parties, plain(movement.amount), movement.effective_at.isoformat(), movement.description),
    )
