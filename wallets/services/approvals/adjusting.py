"""`adjustment.post`: money into or out of a wallet that no booking explains, against an account of the company."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.core.roles import roles_over_all
from compliance.models import Caller
from ledger.errors import Forbidden, InvalidInput
from ledger.money import parse_amount, require_scale
from ledger.selectors.assets import get_asset
from ledger.services.accounts import missing_openings
from ledger.services.movements import Claim, Details, SystemAccount, deposit, payment
from wallets.models import Wallet
from wallets.selectors.wallets import get_reach, get_wallet
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument, text_argument
from wallets.services.approvals.showing import done, rehearsed
from wallets.services.transfers import side_of
from wallets.services.wallet_locks import require_unlocked
from wallets.services.wallets import ledger_origin

REFERENCE_TYPE = "adjustment"
ADJUSTERS = roles_over_all("money.adjust")


class Direction(StrEnum):
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    wallet_id: UUID
    direction: Direction
    amount: Decimal
    currency: str
    reason: str


def adjustments_account(company_id: UUID, currency: str) -> SystemAccount:
    """The other side of adjustments: what the company has corrected, in sum."""
    return SystemAccount("ADJUSTMENTS", company_id, currency)


class AdjustWallet(Operation[Adjustment]):
    """The documents are a DEPOSIT or a PAYMENT with the request's id as their reference. Budgets and limits are about
    what people spend, so no adjustment counts in them."""

    name = "adjustment.post"
    title = "Adjust a balance"
    always = True
    kinds = frozenset(direction.value for direction in Direction)

    def read(self, arguments: Arguments) -> Adjustment:
        direction, currency = text_argument(arguments, "direction"), text_argument(arguments, "currency")
        if direction not in AdjustWallet.kinds:
            raise InvalidInput("An adjustment is a CREDIT or a DEBIT.", pointer="/direction")
        amount, asset = parse_amount(arguments.get("amount")), get_asset(currency)
        require_scale(amount, asset.scale, asset.code)
        return Adjustment(
            wallet_id=id_argument(arguments, "wallet_id"),
            direction=Direction(direction),
            amount=amount,
            currency=currency,
            reason=str(arguments.get("reason", "")),
        )

    def authorise(self, maker: Caller, asked: Adjustment) -> None:
        wallet = get_wallet(maker, asked.wallet_id)
        if maker.role not in ADJUSTERS or wallet.user_id == maker.id:
            raise Forbidden

    def target(self, asked: Adjustment) -> Target:
        """Other money may come and go meanwhile: the gates decide about that."""
        wallet = Wallet.objects.get(id=asked.wallet_id)
        return Target(
            type="wallet",
            id=wallet.id,
            version=wallet.status,
            subject_id=wallet.user_id,
            amount=asked.amount,
            currency=asked.currency,
            kinds=frozenset({asked.direction.value}),
        )

    def impact(self, maker: Caller, asked: Adjustment) -> list[Change]:
        claim = Claim(scope="rehearsal", key="adjustment", request_hash=b"")
        commands = self._commands(maker, asked, claim, Origin(actor_id=maker.id, actor_role=maker.role))
        return rehearsed(commands, asked.currency, {asked.wallet_id: "Wallet"})

    def run(self, maker: Caller, asked: Adjustment, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        result = done(self._commands(maker, asked, claim, origin), asked.currency)
        return {"txn_id": str(result.transaction_id)}

    def _commands(self, maker: Caller, asked: Adjustment, claim: Claim, origin: Origin) -> list[Any]:
        reach = get_reach(maker, asked.wallet_id)
        details = Details(
            claim=claim,
            origin=ledger_origin(origin),
            company_id=maker.company_id,
            amount=asked.amount,
            currency=asked.currency,
            description=asked.reason,
            reference_type=REFERENCE_TYPE,
            reference_id=claim.key,
        )
        account, side = adjustments_account(maker.company_id, asked.currency), side_of(reach.wallet)
        if asked.direction is Direction.CREDIT:
            return [*missing_openings([account]), deposit(account, side, details)]
        require_unlocked(reach, None, claim=claim)
        return [*missing_openings([account]), payment(side, account, details)]
