"""The commands that hold a wallet's money, and the sweeper that records which holds have expired (R164–R168)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import WALLET, Bucket, account_id
from ledger.core.allowances import accounts_of_allowances
from ledger.core.commands import (
    Advance,
    Capture,
    Claim,
    Document,
    Expire,
    Extend,
    Origin,
    Release,
    Reserve,
    TransactionType,
)
from ledger.core.stages import REPORTED, TransactionState
from ledger.core.state import Hold, Part
from ledger.ids import new_event_id, new_id
from ledger.selectors.holds import overdue_holds
from ledger.services import journal
from ledger.services.accounts import SYSTEM, SystemAccount, digest, wallet_account_id
from ledger.services.movements import Details, Side

__all__ = [
    "REPORTED",
    "Advance",
    "Capture",
    "Deadline",
    "Extend",
    "Release",
    "Reserve",
    "Step",
    "TransactionState",
    "advance",
    "capture",
    "expected_money",
    "expire_holds",
    "extend",
    "payee_clearing",
    "release",
    "reserve",
]

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long a hold stands, and what for."""

    expires_in: timedelta
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step in the life of a hold has besides the hold."""

    claim: Claim
    origin: Origin


def expected_money(company_id: UUID, asset: str) -> SystemAccount:
    """The other side of what receivers may expect: minus what all PENDING accounts of a company show."""
    return SystemAccount("EXPECTED_MONEY", company_id, asset)


def payee_clearing(company_id: UUID, asset: str) -> SystemAccount:
    """Where a capture goes that names no wallet: what the company owes to payees outside of this service."""
    return SystemAccount("PAYEE_CLEARING", company_id, asset)


def reserve(
    wallet: Side,
    destination: Side | None,
    details: Details,
    deadline: Deadline,
    *,
    payee: SystemAccount | None = None,
) -> Reserve:
    """Set money of a wallet aside (R164), and what budgets and limits allow with it.

    Args:
        destination: whom it is for; the amount shows there as PENDING. None = a capture will say, or nobody's wallet.
        payee: where captures go that name no wallet, if not to payees outside; open already, or opened along.
    """
    currency = details.currency
    reserved = wallet_account_id(wallet.wallet_id, wallet.currency, Bucket.RESERVED)
    parts = [Part(wallet.account_id, reserved, None if payee is None else payee.id, currency)]
    headlines = [wallet.account_id]
    if destination is not None:
        expected = expected_money(details.company_id, currency).id
        pending = wallet_account_id(destination.wallet_id, destination.currency, Bucket.PENDING)
        parts[0] = Part(parts[0].source, parts[0].held, destination.account_id, currency)
        parts.append(Part(expected, pending, expected, currency))
        headlines.append(destination.account_id)
    document = Document(
        id=new_id(),
        type=TransactionType.PAYMENT,
        company_id=details.company_id,
        asset=currency,
        amount=details.amount,
        description=details.description,
        reference_type=details.reference_type,
        reference_id=details.reference_id,
        metadata=details.metadata,
        source_wallet_id=wallet.wallet_id,
        destination_wallet_id=None if destination is None else destination.wallet_id,
    )
    return Reserve(
        id=new_id(),
        event_id=new_event_id(),
        claim=details.claim,
        origin=details.origin,
        document=document,
        hold_id=new_id(),
        parts=tuple(parts),
        account_ids=_distinct(
            [
                *headlines,
                *(id for part in parts for id in (part.source, part.held)),
                *accounts_of_allowances(details.allowances),
            ]
        ),
        expires_in=deadline.expires_in,
        purpose=deadline.purpose,
        allowances=details.allowances,
        answers=details.answers,
    )


def capture(
    hold: Hold, step: Step, *, company_id: UUID, amount: Decimal | None, is_final: bool, destination: Side | None
) -> Capture:
    """Pay out of a hold.

    Args:
        amount: None = all that is left.
        is_final: release what is left afterwards.
        destination: whom it goes to, if the hold does not say it already; None = as the hold says, or out of the
            service.
    """
    wallet_id = hold.destination_wallet_id
    target = hold.parts[0].target or payee_clearing(company_id, hold.asset).id
    if destination is not None:
        wallet_id, target = destination.wallet_id, destination.account_id
    return Capture(
        **_done_to(hold, step, target),
        amount=amount,
        is_final=is_final,
        target=target,
        destination_wallet_id=wallet_id,
    )


def release(hold: Hold, step: Step, *, reason: str = "") -> Release:
    """Give back what is left of a hold. `reason` is kept for ever: no personal data."""
    return Release(
        **_done_to(hold, step),
        reason=reason,
    )


def extend(hold: Hold, step: Step, *, expires_in: timedelta) -> Extend:
    """Move a hold's deadline to so long from now."""
    return Extend(
        **_done_to(hold, step),
        expires_in=expires_in,
    )


def advance(
    hold: Hold, step: Step, *, state: TransactionState, reason: str = "", metadata: dict[str, Any] | None = None
) -> Advance:
    """Report how far a provider has come with what is held; `reason` and `metadata` are kept for ever."""
    return Advance(
        **_done_to(hold, step),
        state=state,
        reason=reason,
        metadata=metadata or {},
    )


def expire_holds() -> int:
    """Record all expired holds as such, in batches, oldest first; after an outage it simply has more to do (R167).

    Running twice at once is safe: a hold ends once, and whoever comes second is refused.

    Returns:
        How many were recorded now.
    """
    recorded = 0
    while True:
        overdue = overdue_holds(BATCH)
        outcomes = journal.post([expire(hold) for hold in overdue]) if overdue else []
        done = sum(1 for outcome in outcomes if outcome.result and not outcome.result.refusal)
        recorded += done
        if len(overdue) < BATCH or not done:
            return recorded


def expire(hold: Hold) -> Expire:
    """Record that a hold's deadline has passed."""
    # A key of its own: a no, as long as there is no room for the money, may not stand for ever.
    claim = Claim(scope="expiry", key=str(new_id()), request_hash=digest(str(hold.id)))
    return Expire(**_done_to(hold, Step(claim=claim, origin=SYSTEM)))


def _done_to(hold: Hold, step: Step, *more_accounts: UUID) -> dict[str, Any]:
    """What every command about a hold has."""
    return {
        "id": new_id(),
        "event_id": new_event_id(),
        "claim": step.claim,
        "origin": step.origin,
        "hold_id": hold.id,
        "account_ids": _distinct([*_accounts_of(hold), *more_accounts]),
    }


def _accounts_of(hold: Hold) -> tuple[UUID, ...]:
    """Every account of a hold, and the headline accounts of both wallets: they count what happens to the wallet."""
    ids = [id for part in hold.parts for id in (part.source, part.held, part.target) if id is not None]
    wallets = [id for id in (hold.wallet_id, hold.destination_wallet_id) if id is not None]
    return _distinct([*(account_id(WALLET, id, hold.asset, Bucket.AVAILABLE) for id in wallets), *ids])


def _distinct(ids: list[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(ids))
