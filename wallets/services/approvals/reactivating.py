"""`wallet.reactivate`: lift a freeze or a suspension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.transaction import atomic, set_rollback

from compliance.core.origin import Origin
from compliance.models import Caller
from compliance.selectors.audit import last_actor_role
from ledger.errors import InvalidInput
from ledger.services.movements import Claim
from wallets.errors import LedgerRefused
from wallets.locks import lock_wallet
from wallets.models import Wallet, WalletStatus
from wallets.selectors.wallets import get_wallet
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.wallets import change_status, require_may_change_status

FROZEN_BY_COMPLIANCE = "FROZEN_BY_COMPLIANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactivation:
    wallet_id: UUID
    reason: str


class ReactivateWallet(Operation[Reactivation]):
    name = "wallet.reactivate"
    title = "Reactivate a wallet"
    checkers = ("COMPLIANCE",)
    kinds = frozenset({FROZEN_BY_COMPLIANCE})

    def read(self, arguments: Arguments) -> Reactivation:
        return Reactivation(wallet_id=id_argument(arguments, "wallet_id"), reason=str(arguments.get("reason", "")))

    def authorise(self, maker: Caller, asked: Reactivation) -> None:
        require_may_change_status(maker, get_wallet(maker, asked.wallet_id), WalletStatus.ACTIVE)

    def target(self, asked: Reactivation) -> Target:
        wallet = Wallet.objects.get(id=asked.wallet_id)
        return Target(
            type="wallet",
            id=wallet.id,
            version=f"{wallet.status} {wallet.updated_at.isoformat()}",
            subject_id=wallet.user_id,
            kinds=frozenset({FROZEN_BY_COMPLIANCE}) if _is_frozen_by_compliance(wallet) else frozenset(),
        )

    def impact(self, maker: Caller, asked: Reactivation) -> list[Change]:
        before = Wallet.objects.get(id=asked.wallet_id).status
        if before == WalletStatus.ACTIVE:
            raise InvalidInput("The wallet is active already.", pointer="/status")
        with atomic():
            self._do(maker, asked, Origin(actor_id=maker.id, actor_role=maker.role))
            set_rollback(True)
        return [Change("Status", before, WalletStatus.ACTIVE.value)]

    def lock(self, asked: Reactivation) -> None:
        lock_wallet(asked.wallet_id)

    def run(self, maker: Caller, asked: Reactivation, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        self._do(maker, asked, origin)
        return {"status": WalletStatus.ACTIVE.value}

    def _do(self, maker: Caller, asked: Reactivation, origin: Origin) -> None:
        wallet, refusal = change_status(
            caller=maker, wallet_id=asked.wallet_id, status=WalletStatus.ACTIVE, reason=asked.reason, origin=origin
        )
        if refusal is not None:
            raise LedgerRefused(refusal, wallet.currency)


def _is_frozen_by_compliance(wallet: Wallet) -> bool:
    """By the audit trail: the last change of its status was theirs."""
    return wallet.status == WalletStatus.FROZEN and last_actor_role(wallet.id, "wallet.status_changed") == "COMPLIANCE"
