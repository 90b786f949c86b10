"""Credits and debits that other services ask for (R69): against the company's booking-clearing account (C8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.db.transaction import on_commit

from compliance.models import Caller
from ledger.errors import Conflict, Forbidden
from ledger.services import journal
from ledger.services.accounts import ensure_system_accounts, missing_openings
from ledger.services.allowances import Allowance
from ledger.services.holds import Deadline, Reserve, reserve
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Details, Origin, Side, SystemAccount, Transfer, deposit, payment
from ledger.services.posting import post_soon
from wallets.models import Wallet
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import Reach
from wallets.services.backdating import may_backdate
from wallets.services.spending import covering, spend_from
from wallets.services.wallet_locks import require_unlocked


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """One credit or debit. (reference_type, reference_id, direction) is its key, unique in the company for ever.

    Attributes:
        answers: the fields that tell another service which of its bookings was refused.
        occurred_at: when it happened over there: which period of a budget it belongs to. None = now.
    """

    reach: Reach
    direction: Literal["CREDIT", "DEBIT"]
    amount: Decimal
    currency: str
    reference_id: str
    reference_type: str
    request_hash: bytes
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    effective_at: datetime | None = None
    effective_reason: str = ""
    answers: dict[str, Any] | None = None
    occurred_at: datetime | None = None

    @property
    def wallet(self) -> Wallet:
        return self.reach.wallet

    @property
    def company_id(self) -> UUID:
        return self.wallet.company_id


def clearing_account(company_id: UUID, currency: str) -> SystemAccount:
    """The other side of bookings: what other services owe and are owed."""
    return SystemAccount("BOOKING_CLEARING", company_id, currency)


def prepare_booking(
    request: BookingRequest, *, caller: Caller | None, origin: Origin, lock_id: UUID | None = None
) -> Transfer:
    """Build the command of a booking; a debit has to fit the wallet's budgets and limits.

    Args:
        caller: who asks; None = an event of another service, which is never back-dated.
        lock_id: the lock that the caller says to hold the wallet by.

    Raises:
        Forbidden: it is back-dated, and the caller may not do that.
        WalletLocked, LockLost: a debit that a lock keeps away.
    """
    if request.effective_at is not None and (caller is None or not may_backdate(caller)):
        raise Forbidden
    clearing, side = clearing_account(request.company_id, request.currency), _side_of(request)
    details = _details(request, origin)
    if request.direction == "DEBIT":
        require_unlocked(request.reach, lock_id, claim=details.claim)
    return deposit(clearing, side, details) if request.direction == "CREDIT" else payment(side, clearing, details)


def prepare_held_booking(request: BookingRequest, *, expires_in: timedelta, origin: Origin) -> Reserve:
    """Build the command that sets a booking's amount aside; what is captured of it goes where a debit would go.

    Raises:
        WalletLocked: a lock keeps the wallet.
    """
    clearing, details = clearing_account(request.company_id, request.currency), _details(request, origin)
    require_unlocked(request.reach, None, claim=details.claim)
    return reserve(_side_of(request), None, details, Deadline(expires_in=expires_in), payee=clearing)


def _side_of(request: BookingRequest) -> Side:
    return Side(request.wallet.id, request.wallet.currency)


def _details(request: BookingRequest, origin: Origin) -> Details:
    claim = reference_claim(
        request.company_id,
        type=request.reference_type,
        id=request.reference_id,
        direction=request.direction,
        request_hash=request.request_hash,
    )
    return Details(
        claim=claim,
        origin=origin,
        company_id=request.company_id,
        amount=request.amount,
        currency=request.currency,
        description=request.description,
        reference_type=request.reference_type,
        reference_id=request.reference_id,
        metadata=request.metadata,
        effective_at=request.effective_at,
        effective_reason=request.effective_reason,
        answers=request.answers,
        allowances=_allowances(request) if request.direction == "DEBIT" else (),
    )


def _allowances(request: BookingRequest) -> tuple[Allowance, ...]:
    spend = spend_from(
        request.wallet,
        currency=request.currency,
        metadata=request.metadata,
        at=request.effective_at or request.occurred_at,
    )
    (allowances,) = covering([spend])
    return allowances


def post_booking(command: Transfer, *, wallet_id: UUID, render: Renderer) -> Outcome:
    """Post a prepared booking, opening the clearing account for the company's first one in its currency.

    Raises:
        Conflict: `transfer.duplicate_reference`, the reference was used for something else before (R8, C11).
    """
    ensure_system_accounts([_clearing_of(command)])
    outcome = post_soon(command, render=render)
    _require_own_reference(outcome)
    forget_figures(wallet_id)
    return outcome


def record_booking(command: Transfer | Reserve, *, wallet_id: UUID) -> Outcome:
    """`post_booking` inside the caller's open transaction, which answers nobody.

    Raises:
        Conflict: as `post_booking`.
    """
    *_, outcome = journal.record([*missing_openings([_clearing_of(command)]), command])
    _require_own_reference(outcome)
    on_commit(partial(forget_figures, wallet_id))
    return outcome


def _require_own_reference(outcome: Outcome) -> None:
    if outcome.key_reused:
        raise Conflict(
            "This reference was booked before with other details. A reference is used once.",
            code="transfer.duplicate_reference",
        )


def rehearse_booking(command: Transfer) -> Result:
    """What posting it now would do; nothing is changed, not even the clearing account opened."""
    *_, result = journal.rehearse([*missing_openings([_clearing_of(command)]), command])
    return result


def _clearing_of(command: Transfer | Reserve) -> SystemAccount:
    return clearing_account(command.document.company_id, command.document.asset)


def reference_claim(company_id: UUID, *, type: str, id: str, direction: str, request_hash: bytes) -> Claim:
    """The claim of a reference: (type, id, direction) is used once in a company, for ever (R8, C11)."""
    return Claim(scope=f"reference:{company_id}:{type}:{direction}", key=id, request_hash=request_hash)
