"""To suspend a frozen wallet lets money in again: who may not lift the freeze alone does not do that alone either."""

from __future__ import annotations

from compliance.models import Caller
from wallets.errors import ApprovalRequired
from wallets.models import Source, Wallet, WalletStatus
from wallets.services.approvals.reactivating import ReactivateWallet
from wallets.services.approvals.rules import needs_approval


def require_no_lift_by_one(wallet: Wallet, status: WalletStatus, *, caller: Caller, source: Source) -> None:
    """Raises ApprovalRequired where lifting the freeze needs a second person: ask for that instead."""
    is_lift = wallet.status == WalletStatus.FROZEN and status == WalletStatus.SUSPENDED
    arguments = {"wallet_id": str(wallet.id)}
    if is_lift and needs_approval(ReactivateWallet.name, maker=caller, arguments=arguments, source=source):
        raise ApprovalRequired
