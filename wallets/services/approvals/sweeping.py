"""`wallet.sweep_and_close`: what is left goes to the company, then the wallet is closed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.transaction import atomic, set_rollback

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.balances import wallet_figures
from ledger.services.movements import Claim
from wallets.locks import lock_wallet
from wallets.models import Wallet, WalletStatus
from wallets.selectors.wallets import get_wallet
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.sweeping import require_may_sweep, sweep_and_close


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    wallet_id: UUID
    reason: str


class SweepAndCloseWallet(Operation[Sweep]):
    name = "wallet.sweep_and_close"
    title = "Close a wallet with sweep"

    def read(self, arguments: Arguments) -> Sweep:
        return Sweep(wallet_id=id_argument(arguments, "wallet_id"), reason=str(arguments.get("reason", "")))

    def authorise(self, maker: Caller, asked: Sweep) -> None:
        require_may_sweep(maker, get_wallet(maker, asked.wallet_id))

    def target(self, asked: Sweep) -> Target:
        """Every movement of the wallet changes what would be swept, so any makes it stale."""
        wallet = Wallet.objects.get(id=asked.wallet_id)
        figures = wallet_figures([wallet.id])[wallet.id]
        return Target(
            type="wallet",
            id=wallet.id,
            version=f"{wallet.status} v{figures.version}",
            subject_id=wallet.user_id,
            amount=figures.available if figures.available > 0 else None,
            currency=wallet.currency,
        )

    def impact(self, maker: Caller, asked: Sweep) -> list[Change]:
        wallet = Wallet.objects.get(id=asked.wallet_id)
        figures, scale = wallet_figures([wallet.id])[wallet.id], get_asset(wallet.currency).cash_scale
        with atomic():
            sweep_and_close(
                caller=maker,
                wallet_id=wallet.id,
                reason=asked.reason,
                origin=Origin(actor_id=maker.id, actor_role=maker.role),
            )
            set_rollback(True)
        available = f"{format_amount(figures.available, scale)} {wallet.currency}"
        nothing = f"{format_amount(figures.available - figures.available, scale)} {wallet.currency}"
        return [
            Change("Wallet: available", available, nothing),
            Change("Status", wallet.status, WalletStatus.CLOSED.value),
        ]

    def lock(self, asked: Sweep) -> None:
        lock_wallet(asked.wallet_id)

    def run(self, maker: Caller, asked: Sweep, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        _, txn_id = sweep_and_close(caller=maker, wallet_id=asked.wallet_id, reason=asked.reason, origin=origin)
        return {"status": WalletStatus.CLOSED.value, **({} if txn_id is None else {"txn_id": str(txn_id)})}
