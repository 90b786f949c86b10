from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from compliance.admin.staff import signed_in
from ledger.admin.transactions import TransactionAdmin
from ledger.errors import MoneyInvalid, ServiceError
from ledger.money import parse_amount
from wallets.admin.approvals.four_eyes import FourEyesForm, Intent, do_or_ask
from wallets.admin.approvals.pending import ShowsPending
from wallets.admin.dialogs import MoneyForm, claim_of_dialog, require_accepted, tell
from wallets.admin.origin import origin_of_staff
from wallets.services.undoing import UNDOERS, UndoRequest, post_undoings, prepare_undoings


class RefundForm(MoneyForm):
    amount = forms.CharField(
        max_length=40, widget=UnfoldAdminTextInputWidget, help_text="In the transaction's currency, such as 12.50."
    )
    field_order = ("amount", "reason")

    def clean_amount(self) -> Decimal:
        """As strict as the interface: nothing is rounded and nothing guessed."""
        try:
            return parse_amount(self.cleaned_data["amount"])
        except MoneyInvalid as error:
            raise ValidationError(error.detail, code=error.code) from None


class ReverseForm(FourEyesForm, MoneyForm):
    def intent(self) -> Intent:
        return Intent("transaction.reverse", {"txn_id": str(self.object_id)})


REFUND = {
    "title": "Refund this transaction?",
    "description": "Gives back some of the amount, never the fee. It can be repeated until nothing is left.",
    "form_class": RefundForm,
    "form_submit_text": "Refund",
}
REVERSE = {
    "title": "Reverse this transaction?",
    "description": "Gives back everything, fees too. It can be done once, and not after a refund.",
    "form_class": ReverseForm,
    "form_submit_text": "Reverse",
}


class UndoableTransactionAdmin(ShowsPending, TransactionAdmin):
    """The list of transactions, with two buttons for finance. They have dialogs: without, Unfold runs them on GET."""

    actions_detail = ("refund", "reverse")

    def has_undo_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a transaction that is visible: Unfold hands over any id that was typed."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in UNDOERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this transaction."""
        if not self.has_undo_permission(request):
            return []
        row = self.visible(request, object_id)
        is_undoable = row.state == "COMPLETED" and row.original_transaction_id is None
        names = {"refund"} if is_undoable and row.refunded_amount < row.amount else set()
        names |= {"reverse"} if is_undoable and not row.refunded_amount else set()
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Refund", permissions=["undo"], dialog=REFUND, icon="undo"
    )
    def refund(self, request: HttpRequest, form: RefundForm, object_id: str) -> HttpResponse:
        return self._undo(request, form, object_id, "refunded", form.cleaned_data["amount"])

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Reverse", permissions=["undo"], dialog=REVERSE, icon="history", variant=ActionVariant.DANGER
    )
    def reverse(self, request: HttpRequest, form: ReverseForm, object_id: str) -> HttpResponse:
        return self._undo(request, form, object_id, "reversed", None)

    def _undo(
        self, request: HttpRequest, form: MoneyForm, object_id: str, done: str, amount: Decimal | None
    ) -> HttpResponse:
        row = self.visible(request, object_id)

        def act() -> str:
            claim, reason = claim_of_dialog(request, form), form.cleaned_data["reason"]
            wish = UndoRequest(claim=claim, txn_id=row.id, reason=reason, amount=amount)
            (command,) = prepare_undoings([wish], caller=signed_in(request), origin=origin_of_staff(request))
            if isinstance(command, ServiceError):
                raise command
            (outcome,) = post_undoings([command])
            require_accepted(outcome, row.asset_id)
            return f"The transaction is {done}."

        url = reverse("admin:ledger_transaction_change", args=[row.id])
        if isinstance(form, FourEyesForm):
            return do_or_ask(request, form, form.intent(), act, url)
        return tell(request, act, url)
