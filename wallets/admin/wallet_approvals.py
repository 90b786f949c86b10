"""The buttons of a wallet's page that need a second person: to put its balance right, and to close it with what is
left on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin.cells import EMPTY, id_cell, money_cell
from ledger.money import plain
from ledger.selectors.holds import open_reservations
from wallets.admin.approvals.four_eyes import ConfirmedForm, FourEyesForm, Intent, ask, do_or_ask
from wallets.admin.approvals.pending import ShowsPending
from wallets.admin.form_fields import AmountField, choice, dialog
from wallets.admin.pages import MOST_HOLDS
from wallets.admin.wallet_rules import RuledWallets
from wallets.models import Wallet, WalletStatus
from wallets.selectors.wallets import get_wallet
from wallets.services.approvals.adjusting import ADJUSTERS, Direction
from wallets.services.sweeping import SWEEPERS, sweep_and_close

ADJUST, SWEEP = "adjust", "close_with_sweep"
DIRECTIONS = (
    (Direction.CREDIT.value, "Give: the wallet has too little"),
    (Direction.DEBIT.value, "Take back: the wallet has too much"),
)


class AdjustForm(ConfirmedForm):
    direction = choice(DIRECTIONS, label="What is to be done")
    amount = AmountField()
    field_order = ("direction", "amount", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wallet = _wallet_of(self)
        self.fields["amount"].help_text = f"In {self.wallet.currency}, such as 25.00."

    def intent(self) -> Intent:
        said = {"direction": self.cleaned_data["direction"], "amount": plain(self.cleaned_data["amount"])}
        return Intent("adjustment.post", {"wallet_id": str(self.wallet.id), "currency": self.wallet.currency, **said})


class SweepForm(FourEyesForm):
    """Lists what stands in the way before anything is sent."""

    form_before_template = "admin/approvals/sweep.html"

    def intent(self) -> Intent:
        return Intent("wallet.sweep_and_close", {"wallet_id": str(self.object_id)})

    def get_before_template_context(self, *args: Any) -> dict[str, Any]:
        holds = [
            (
                id_cell(hold.id, reverse("admin:ledger_reservation_change", args=[hold.id])),
                hold.purpose or EMPTY,
                money_cell(hold.amount - hold.captured_amount - hold.released_amount, hold.asset_id),
            )
            for hold in open_reservations(_wallet_of(self).id)[:MOST_HOLDS]
        ]
        return {**super().get_before_template_context(*args), "holds": holds}


ADJUST_DIALOG = dialog(
    "Adjust the balance of this wallet?",
    "Only where something was booked wrongly: the other side is the company's account of adjustments. Somebody else "
    "has to approve it.",
    AdjustForm,
    "Go on",
)
SWEEP_DIALOG = dialog(
    "Close this wallet with what is left on it?",
    "What is left goes to the company, and the wallet is closed for ever.",
    SweepForm,
    "Close with sweep",
)


class FourEyedWallets(ShowsPending, RuledWallets):
    """The screen of wallets, as far as a second person is asked."""

    def has_adjust_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a wallet that is visible. Whether it is this person's to do, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in ADJUSTERS

    def has_sweep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """As above."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in SWEEPERS

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Adjust", permissions=["adjust"], dialog=ADJUST_DIALOG, icon="balance"
    )
    def adjust(self, request: HttpRequest, form: AdjustForm, object_id: str) -> HttpResponse:
        wallet = self.visible(request, object_id)
        return ask(request, form, form.intent(), _url(wallet))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Close with sweep",
        permissions=["sweep"],
        dialog=SWEEP_DIALOG,
        icon="cleaning_services",
        variant=ActionVariant.DANGER,
    )
    def close_with_sweep(self, request: HttpRequest, form: SweepForm, object_id: str) -> HttpResponse:
        wallet = self.visible(request, object_id)

        def act() -> str:
            _, txn_id = sweep_and_close(
                caller=signed_in(request),
                wallet_id=wallet.id,
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
            )
            return "The wallet is closed." if txn_id is None else "What was left is swept, and the wallet is closed."

        return do_or_ask(request, form, form.intent(), act, _url(wallet))


def four_eyes_offered(request: HttpRequest, wallet: Wallet) -> set[str]:
    """The names of the buttons that make sense for a wallet and that whoever is signed in may use on it."""
    caller = signed_in(request)
    if wallet.status == WalletStatus.CLOSED or wallet.user_id == caller.id:
        return set()
    adjust = {ADJUST} if caller.role in ADJUSTERS else set()
    return adjust | ({SWEEP} if caller.role in SWEEPERS else set())


def _wallet_of(form: Any) -> Wallet:
    return get_wallet(signed_in(form.request), UUID(str(form.object_id)))


def _url(wallet: Wallet) -> str:
    return reverse("admin:wallets_wallet_change", args=[wallet.id])
