"""Closing a wallet that still holds money: what is left goes to the company (product: leavers)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db.transaction import on_commit

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_others
from compliance.models import Caller
from ledger.errors import Forbidden
from ledger.money import plain
from ledger.selectors.balances import wallet_figures
from ledger.services import journal
from ledger.services.accounts import digest, missing_openings
from ledger.services.movements import Claim, Details, payment
from wallets.errors import LedgerRefused
from wallets.locks import lock_wallet
from wallets.models import Wallet, WalletStatus
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import get_reach
from wallets.services.transfers import side_of
from wallets.services.wallet_locks import require_unlocked
from wallets.services.wallets import change_status, funding_account, ledger_origin, require_may_change_status

SWEEPERS = roles_over_others("wallets.sweep")


def require_may_sweep(caller: Caller, wallet: Wallet) -> None:
    """Raises Forbidden unless it is the wallet's manager or finance; nobody empties his own."""
    require_may_change_status(caller, wallet, WalletStatus.CLOSED)
    if caller.role not in SWEEPERS:
        raise Forbidden


def sweep_and_close(*, caller: Caller, wallet_id: UUID, reason: str, origin: Origin) -> tuple[Wallet, UUID | None]:
    """Pay what a wallet has available to the company's funding account and close it, all or nothing. No budget or limit
    counts it: nothing is spent. A frozen wallet has to be reactivated first.

    Args:
        wallet_id: one that the caller has been found to see.
        reason: kept for ever: no personal data.

    Returns:
        The wallet, and the document of the payment; None if there was nothing to sweep, or it was closed already.

    Raises:
        Forbidden: not this caller.
        WalletLocked: an operation holds the wallet.
        LedgerRefused: it is frozen or suspended, or something is reserved or pending, or came meanwhile.
    """
    with journal.use_case():
        wallet = lock_wallet(wallet_id)
        require_may_sweep(caller, wallet)
        txn_id = None if wallet.status == WalletStatus.CLOSED else _sweep(caller, wallet, reason, origin)
        wallet, refusal = change_status(
            caller=caller, wallet_id=wallet_id, status=WalletStatus.CLOSED, reason=reason, origin=origin
        )
        if refusal is not None:
            raise LedgerRefused(refusal, wallet.currency)
        on_commit(partial(forget_figures, wallet_id))
    return wallet, txn_id


def _sweep(caller: Caller, wallet: Wallet, reason: str, origin: Origin) -> UUID | None:
    available = wallet_figures([wallet.id])[wallet.id].available
    if not available:
        return None
    claim = Claim(scope="wallet-sweep", key=str(wallet.id), request_hash=digest(plain(available)))
    require_unlocked(get_reach(caller, wallet.id), None, claim=claim)
    details = Details(
        claim=claim,
        origin=ledger_origin(origin),
        company_id=caller.company_id,
        amount=available,
        currency=wallet.currency,
        description=reason,
        reference_type="sweep",
        reference_id=str(wallet.id),
    )
    funding = funding_account(caller.company_id, wallet.currency)
    *_, outcome = journal.record([*missing_openings([funding]), payment(side_of(wallet), funding, details)])
    assert outcome.result is not None, "a wallet is swept once, under its lock"
    if outcome.result.refusal is not None:
        raise LedgerRefused(outcome.result.refusal, wallet.currency)
    return outcome.result.transaction_id
