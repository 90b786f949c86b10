"""`/wallets/{wallet_id}/status`: suspending, freezing, closing and reopening a wallet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import FlagField, TextField, WordField
from ledger.api.policy import allow
from ledger.api.refusals import refused
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView, tagged
from ledger.errors import InvalidInput, PreconditionFailed
from ledger.selectors.assets import get_asset
from wallets.api.approval_views import ASKED, ASKED_CODES, asked_instead
from wallets.api.wallets import EXAMPLE, STATUSES, WalletAnswer, wallet_views
from wallets.errors import LedgerRefused
from wallets.models import Source, Wallet, WalletStatus
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import get_wallet, get_wallet_and_version
from wallets.services.approvals.lifting import require_no_lift_by_one
from wallets.services.approvals.reactivating import ReactivateWallet
from wallets.services.approvals.sweeping import SweepAndCloseWallet
from wallets.services.sweeping import sweep_and_close
from wallets.services.wallets import change_status, require_may_change_status


class ChangeStatus(StrictSerializer):
    status = WordField(STATUSES)
    reason = TextField(max_length=500, help_text="Why; kept for ever in the wallet's history.")
    sweep = FlagField(default=False, help_text="With CLOSED: what is available goes to the company first.")


class WalletStatusView(ServiceView):
    policy = {"PUT": allow("EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE")}

    @operation(
        "Suspend, freeze, close or reopen a wallet",
        body=ChangeStatus,
        answer=WalletAnswer,
        codes=(
            "wallet.invalid_transition",
            "wallet.not_empty",
            "wallet.frozen",
            "wallet.suspended",
            "lock.timeout",
            "outcome.unknown",
            "approval.required",
            *ASKED_CODES,
        ),
        other_answers=ASKED,
        body_example={"status": "FROZEN", "reason": "Phone lost on the train."},
        example={**EXAMPLE, "status": "FROZEN", "version": 8},
        takes_version="optional",
        is_tagged=True,
        description="SUSPENDED: nothing goes out. FROZEN: neither in nor out. CLOSED: final, and only when nothing "
        "is left (`blockers` says what is). The owner may suspend, not lift. The same status again changes nothing. "
        "`sweep` pays what is available to the company and closes, all or nothing; by managers and finance. Where the "
        "company's rules want a second person, for lifting or for a sweep: 202 with the request.",
    )
    def put(self, request: Request, wallet_id: UUID) -> HttpResponse:
        caller = caller_of(request)
        wallet = get_wallet(caller, wallet_id)
        wanted = self.body(ChangeStatus)
        status = WalletStatus(wanted["status"])
        require_may_change_status(caller, wallet, status)
        limit_wallet(wallet_id, "status")
        require_no_lift_by_one(wallet, status, caller=caller, source=Source.API)
        asked = self._asked_instead(wallet, status, wanted)
        if asked is not None:
            return asked
        if wanted["sweep"]:
            return self._sweep(wallet_id, wanted["reason"])
        wallet, refusal = change_status(
            caller=caller,
            wallet_id=wallet_id,
            status=status,
            reason=wanted["reason"],
            expected_version=self.expected_version(),
            origin=origin_of(request),
        )
        if refusal is not None:
            raise refused(refusal, get_asset(wallet.currency))
        forget_figures(wallet_id)
        (view,) = wallet_views([wallet])
        return tagged(view, view["version"])

    def _asked_instead(self, wallet: Wallet, status: WalletStatus, wanted: dict[str, Any]) -> HttpResponse | None:
        """The request for approval that is made instead; None = it is done directly."""
        is_lift = status == WalletStatus.ACTIVE and wallet.status != WalletStatus.ACTIVE
        if wanted["sweep"] and status != WalletStatus.CLOSED:
            raise InvalidInput("A wallet is swept when it is closed.", pointer="/sweep")
        if wallet.status == WalletStatus.CLOSED or not (is_lift or wanted["sweep"]):
            return None
        expected_version = self.expected_version()
        if expected_version not in (None, get_wallet_and_version(caller_of(self.request), wallet.id)[1]):
            raise PreconditionFailed("The wallet has changed since you read it. Read it again.")
        operation = ReactivateWallet.name if is_lift else SweepAndCloseWallet.name
        return asked_instead(self, operation, {"wallet_id": str(wallet.id)}, reason=wanted["reason"])

    def _sweep(self, wallet_id: UUID, reason: str) -> Response:
        caller, origin = caller_of(self.request), origin_of(self.request)
        try:
            wallet, _ = sweep_and_close(caller=caller, wallet_id=wallet_id, reason=reason, origin=origin)
        except LedgerRefused as error:
            raise refused(error.refusal, get_asset(error.asset_code)) from error
        (view,) = wallet_views([wallet])
        return tagged(view, view["version"])
