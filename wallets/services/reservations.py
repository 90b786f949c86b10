"""Holding a wallet's money, and what becomes of what is held: captured, released, extended (R164–R168)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from compliance.core import origin as audit
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger.errors import Forbidden, NotFound
from ledger.selectors.holds import hold_of
from ledger.services import journal
from ledger.services.accounts import ensure_system_accounts, missing_openings
from ledger.services.holds import (
    Advance,
    Capture,
    Deadline,
    Extend,
    Release,
    Reserve,
    Step,
    TransactionState,
    advance,
    capture,
    expected_money,
    extend,
    payee_clearing,
    release,
    reserve,
)
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Details, Origin, SystemAccount
from ledger.services.posting import post_soon
from wallets.selectors.reservations import Held
from wallets.selectors.wallets import reachable_wallets
from wallets.services.spending import LimitedType, covering, spend_from
from wallets.services.transfers import forget_changed, may_spend, side_of
from wallets.services.wallet_locks import require_unlocked

DEFAULT_SECONDS, MAX_SECONDS = 1_800, 2_592_000
"""How long a hold stands when nobody says, and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRequest:
    """A wish to hold money; `claim` is its idempotency key.

    Attributes:
        destination_wallet_id: whom it is for, if that is known already. He sees the amount as PENDING.
        purpose: also the description of the document. Kept for ever: no personal data.
    """

    claim: Claim
    wallet_id: UUID
    amount: Decimal
    currency: str
    expires_in: timedelta
    purpose: str = ""
    reference_id: str = ""
    destination_wallet_id: UUID | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command about a hold that may be posted.

    Attributes:
        needs: the company's own accounts that it posts to, which may not be open yet.
    """

    command: Reserve | Capture | Release | Extend | Advance
    needs: tuple[SystemAccount, ...] = ()


def prepare_reservation(
    request: ReservationRequest, *, caller: Caller, origin: Origin, lock_id: UUID | None = None
) -> Prepared:
    """Look up, authorise and build. Budgets and limits are held together with the money.

    Args:
        lock_id: the lock that the caller says to hold the wallet by. What is held already may be settled without it.

    Raises:
        NotFound: a wallet that does not exist or may not be seen; the destination only has to be of the company.
        Forbidden: the caller sees the wallet but may not spend from it.
        WalletLocked, LockLost: a lock that keeps the caller away from the wallet.
    """
    ids = {id for id in (request.wallet_id, request.destination_wallet_id) if id is not None}
    wallets = reachable_wallets(caller, ids, payers=[request.wallet_id])
    source = wallets.get(request.wallet_id)
    if source is None or not source.is_visible or len(wallets) < len(ids):
        raise NotFound
    if not may_spend(caller, source.wallet):
        raise Forbidden
    require_unlocked(source, lock_id, claim=request.claim)
    receiver = None if request.destination_wallet_id is None else wallets[request.destination_wallet_id].wallet
    spend = spend_from(source.wallet, currency=request.currency, metadata=request.metadata, to=receiver)
    (allowances,) = covering([replace(spend, type=LimitedType.PAYMENT)])
    details = Details(
        claim=request.claim,
        origin=origin,
        company_id=caller.company_id,
        amount=request.amount,
        currency=request.currency,
        description=request.purpose,
        reference_type="reservation" if request.reference_id else "",
        reference_id=request.reference_id,
        metadata=request.metadata,
        allowances=allowances,
    )
    destination = None if receiver is None else side_of(receiver)
    command = reserve(
        side_of(source.wallet), destination, details, Deadline(expires_in=request.expires_in, purpose=request.purpose)
    )
    needs = () if destination is None else (expected_money(caller.company_id, request.currency),)
    return Prepared(command, needs)


def prepare_capture(
    held: Held,
    step: Step,
    *,
    caller: Caller,
    amount: Decimal | None = None,
    is_final: bool = True,
    destination_wallet_id: UUID | None = None,
) -> Prepared:
    """Pay out of a hold.

    Args:
        amount: None = all that is left; in the hold's currency, no finer than its scale.
        destination_wallet_id: whom to pay if the hold does not say it. None = as it says, or a payee outside of this
            service.

    Raises:
        Forbidden: the caller sees the wallet but may not spend from it.
        NotFound: the company has no such destination.
    """
    require_may_settle(caller, held)
    hold, destination = hold_of(held.reservation), None
    if destination_wallet_id is not None:
        found = reachable_wallets(caller, [destination_wallet_id]).get(destination_wallet_id)
        if found is None:
            raise NotFound
        destination = side_of(found.wallet)
    command = capture(
        hold, step, company_id=caller.company_id, amount=amount, is_final=is_final, destination=destination
    )
    outside = payee_clearing(caller.company_id, hold.asset)
    return Prepared(command, (outside,) if command.target == outside.id else ())


def prepare_release(held: Held, step: Step, *, caller: Caller, reason: str = "") -> Prepared:
    """Give back what is left of a hold. `reason` is kept for ever: no personal data.

    Raises:
        Forbidden: the caller sees the wallet but may not spend from it.
    """
    require_may_settle(caller, held)
    return Prepared(release(hold_of(held.reservation), step, reason=reason))


def prepare_extension(held: Held, step: Step, *, caller: Caller, expires_in: timedelta) -> Prepared:
    """Move a hold's deadline to so long from now.

    Raises:
        Forbidden: the caller sees the wallet but may not spend from it.
    """
    require_may_settle(caller, held)
    return Prepared(extend(hold_of(held.reservation), step, expires_in=expires_in))


def prepare_progress(
    held: Held, step: Step, *, stage: TransactionState, reason: str, metadata: dict[str, Any]
) -> Prepared:
    """Report how far a provider has come with what is held (R169). `reason` and `metadata` are kept for ever.

    Args:
        stage: one of `REPORTED`; the machine refuses an illegal move.
    """
    return Prepared(advance(hold_of(held.reservation), step, state=stage, reason=reason, metadata=metadata))


def require_may_settle(caller: Caller, held: Held) -> None:
    """Whoever may spend a wallet's money decides about its holds.

    Raises:
        Forbidden: this caller may not.
    """
    if not may_spend(caller, held.wallet):
        raise Forbidden


def post_prepared(prepared: Prepared, *, render: Renderer = journal.no_reply) -> Outcome:
    """Post a prepared command, opening what it needs, and forget the cached figures of wallets that changed."""
    if prepared.needs:
        ensure_system_accounts(prepared.needs)
    outcome = post_soon(prepared.command, render=render)
    forget_changed([outcome])
    return outcome


@dataclass(frozen=True, slots=True)
class Settling:
    """Why somebody at the back office settles a hold himself, for the audit trail.

    Attributes:
        event_type: what it is called there. reason: kept for ever: no personal data.
    """

    event_type: str
    reason: str
    origin: audit.Origin


def settle(prepared: Prepared, held: Held, why: Settling) -> Outcome:
    """`post_prepared` with the reason on record, in one transaction: a capture or an extension has none of its own."""
    if prepared.needs:
        ensure_system_accounts(prepared.needs)
    with journal.use_case():
        (outcome,) = journal.record([prepared.command])
        if outcome.result is not None and outcome.result.refusal is None:
            done = {"reservation_id": held.reservation.id}
            record_change(
                origin=why.origin, entity=held.wallet, event_type=why.event_type, after=done, reason=why.reason
            )
    forget_changed([outcome])
    return outcome


def rehearse_prepared(prepared: Prepared) -> Result:
    """What posting it now would do; nothing is changed, not even an account opened."""
    *_, result = journal.rehearse([*missing_openings(prepared.needs), prepared.command])
    return result
