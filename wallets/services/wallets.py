"""Opening wallets and changing their status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q

from compliance.core import origin as audit
from compliance.core.roles import roles_over_others
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger.errors import Forbidden, PreconditionFailed
from ledger.ids import new_id
from ledger.money import ZERO, plain
from ledger.selectors.balances import Figures
from ledger.services import journal
from ledger.services.accounts import (
    digest,
    ensure_system_accounts,
    open_wallet_accounts,
    set_wallet_accounts_status,
)
from ledger.services.claims import NO_REPLY, Reply
from ledger.services.journal import Outcome, Result
from ledger.services.movements import (
    AccountStatus,
    Claim,
    Details,
    Origin,
    Refusal,
    Side,
    SystemAccount,
    Transfer,
    deposit,
)
from wallets.errors import WalletExists
from wallets.locks import lock_wallet
from wallets.models import Wallet, WalletStatus, WalletType

Renderer = Callable[[Wallet, Figures], Reply]


class Owner(Protocol):
    """Whose wallet it becomes: a user."""

    id: UUID
    company_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What somebody wants opened; `initial_balance` comes from the company's funding account."""

    owner: Owner
    currency: str
    type: str = WalletType.PRIMARY
    initial_balance: Decimal = ZERO


def funding_account(company_id: UUID, currency: str) -> SystemAccount:
    """Where a company's wallets get their money from: what the company has brought in."""
    return SystemAccount("COMPANY_FUNDING", company_id, currency)


def open_wallet(
    opening: Opening, *, origin: Origin, claim: Claim | None = None, render: Renderer | None = None
) -> tuple[Wallet | None, Outcome]:
    """Open a wallet with its accounts and its opening balance, all or nothing (R65, R73).

    Args:
        claim: the caller's idempotency key, when there was one.
        render: makes the reply to keep under that key.

    Returns:
        The wallet and the outcome of its opening; no wallet when an earlier reply is replayed.

    Raises:
        WalletExists: the person has a live wallet of this type and currency, or a PRIMARY one.
        IdempotencyKeyReused: the key belongs to another request.
    """
    if opening.initial_balance:
        ensure_system_accounts([funding_account(opening.owner.company_id, opening.currency)])
    wallet = Wallet(id=new_id(), user_id=opening.owner.id, type=opening.type, currency=opening.currency)
    try:
        with journal.use_case():
            outcome = _record_opening(wallet, opening, origin, claim, render)
            outcome.raise_if_reused()
            if outcome.replayed:
                return None, outcome
            wallet.save(force_insert=True)
    except IntegrityError as error:
        existing = _existing_wallet(opening)
        if existing is None:
            raise
        raise WalletExists(existing.id, existing.currency) from error
    return wallet, outcome


def remember_existing(refusal: WalletExists, *, origin: Origin, claim: Claim, reply: Reply) -> Outcome:
    """Keep a refusal of `open_wallet` under the caller's key, so that the key's answer never changes.

    The command asks for the accounts of the wallet that is there already, so the machine refuses it too.

    Returns:
        The outcome with `reply`, or with an earlier one if somebody else has used the key meanwhile.
    """
    command = open_wallet_accounts(
        wallet_id=refusal.existing_id, asset=refusal.currency, origin=origin, announcement={}, claim=claim
    )
    (outcome,) = journal.post([command], render=lambda _: reply)
    return outcome


def _record_opening(
    wallet: Wallet, opening: Opening, origin: Origin, claim: Claim | None, render: Renderer | None
) -> Outcome:
    announcement = {
        "user_id": str(opening.owner.id),
        "initial_balance": plain(opening.initial_balance),
        "currency": wallet.currency,
    }
    command = open_wallet_accounts(
        wallet_id=wallet.id, asset=wallet.currency, origin=origin, announcement=announcement, claim=claim
    )

    def reply(result: Result) -> Reply:
        wallet.created_at = wallet.updated_at = result.recorded_at
        events = 2 if opening.initial_balance else 1
        figures = Figures(opening.initial_balance, version=events, updated_at=result.recorded_at)
        return render(wallet, figures) if render else NO_REPLY

    (outcome,) = journal.record([command], render=reply)
    if opening.initial_balance and outcome.result:
        (funded,) = journal.record([_opening_deposit(wallet, opening, origin)])
        assert funded.result is not None, "the key is the wallet's id"
        assert funded.result.refusal is None, "nothing stands in the way of a new wallet"
    return outcome


def _opening_deposit(wallet: Wallet, opening: Opening, origin: Origin) -> Transfer:
    amount = opening.initial_balance
    details = Details(
        claim=Claim(scope="opening-balance", key=str(wallet.id), request_hash=digest(plain(amount))),
        origin=origin,
        company_id=opening.owner.company_id,
        amount=amount,
        currency=wallet.currency,
        description="Opening balance",
        reference_type="wallet",
        reference_id=str(wallet.id),
    )
    source = funding_account(opening.owner.company_id, wallet.currency)
    return deposit(source, Side(wallet.id, wallet.currency), details)


def _existing_wallet(opening: Opening) -> Wallet | None:
    same = Q(type=opening.type, currency=opening.currency)
    if opening.type == WalletType.PRIMARY:
        same |= Q(type=WalletType.PRIMARY)
    return Wallet.objects.filter(same, user_id=opening.owner.id).exclude(status=WalletStatus.CLOSED).first()


def change_status(
    *,
    caller: Caller,
    wallet_id: UUID,
    status: WalletStatus,
    reason: str,
    origin: audit.Origin,
    expected_version: int | None = None,
) -> tuple[Wallet, Refusal | None]:
    """Suspend, freeze, close or reopen a wallet (R66, C4). The same status again changes and records nothing.

    Args:
        wallet_id: one that the caller has been found to see.
        reason: kept in the event and in the audit trail for ever: no personal data.
        expected_version: the version that the caller has seen; None = any.

    Returns:
        The wallet, and the refusal if there was one: `wallet.invalid_transition` (CLOSED is final) or
        `wallet.not_empty` with its blockers.

    Raises:
        Forbidden: the owner may only suspend; others need the role for it.
        PreconditionFailed: the wallet has changed since the caller saw it.
    """
    with journal.use_case():
        wallet = lock_wallet(wallet_id)
        require_may_change_status(caller, wallet, status)
        command = set_wallet_accounts_status(
            wallet_id=wallet.id,
            asset=wallet.currency,
            status=AccountStatus(status),
            reason=reason,
            origin=ledger_origin(origin),
        )
        (outcome,) = journal.record([command])
        result = outcome.result
        assert result is not None, "the key of a status change is its own id"
        _require_version(result, expected_version)
        if result.refusal:
            return wallet, result.refusal
        if wallet.status != status:
            before = wallet.status
            wallet.status, wallet.updated_at = status, result.recorded_at
            wallet.save(update_fields=["status", "updated_at"])
            _record_status(wallet, before=before, reason=reason, origin=origin)
    return wallet, None


def _record_status(wallet: Wallet, *, before: str, reason: str, origin: audit.Origin) -> None:
    record_change(
        origin=origin,
        entity=wallet,
        event_type="wallet.status_changed",
        before={"status": before},
        after={"status": wallet.status},
        reason=reason,
    )


def ledger_origin(origin: audit.Origin) -> Origin:
    """What the ledger keeps of an origin: ids only."""
    return Origin(
        actor_type=origin.actor_role,
        actor_id=origin.actor_id,
        session_id=origin.session_id,
        correlation_id=origin.correlation_id,
    )


def _require_version(result: Result, expected_version: int | None) -> None:
    """Compared with what the locked row said; raising undoes what was recorded."""
    before = next(account for account in result.before.values() if account.is_headline)
    if expected_version not in (None, before.version):
        raise PreconditionFailed("The wallet has changed since you read it. Read it again.")


KEEPERS = roles_over_others("wallets.freeze")
"""Who looks after other people's wallets."""


def require_may_change_status(caller: Caller, wallet: Wallet, status: WalletStatus) -> None:
    """Who may give which status: staff within their scope; nobody lifts or closes what is his own. To suspend a
    frozen wallet would let money in again, so it is a lift.

    Raises:
        Forbidden: not this caller.
    """
    is_own = wallet.user_id == caller.id
    is_suspension = status == WalletStatus.SUSPENDED and wallet.status != WalletStatus.FROZEN
    if not (is_suspension if is_own else caller.role in KEEPERS):
        raise Forbidden
