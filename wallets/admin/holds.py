"""Holds in the back office: what is left of each, until when, in which period of a budget it counts and for which
booking; and the buttons that capture one and that give it more time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from budgets.selectors.watching import periods_by_id
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from ledger.admin.cells import EMPTY, time_cell
from ledger.money import require_scale
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.holds import envelopes_of_holds
from ledger.selectors.transactions import get_transactions
from ledger.services.holds import Step
from wallets.admin.dialogs import MoneyForm, claim_of_dialog, require_accepted, tell
from wallets.admin.form_fields import AmountField
from wallets.admin.hold_filters import AgeFilter, ExpiryFilter, HoldTeamFilter
from wallets.admin.origin import origin_of_staff
from wallets.admin.releasing import ReleasableReservationAdmin
from wallets.selectors.reservations import get_visible_reservation
from wallets.services.reservations import (
    MAX_SECONDS,
    Prepared,
    Settling,
    prepare_capture,
    prepare_extension,
    settle,
)

MOST_HOURS = MAX_SECONDS // 3600


class ExtendForm(MoneyForm):
    hours = forms.IntegerField(
        min_value=1,
        max_value=MOST_HOURS,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"From now on, {MOST_HOURS} at most.",
    )
    field_order = ("hours", "reason")


class CaptureForm(MoneyForm):
    amount = AmountField(required=False, help_text="Empty: all that is left.")
    is_final = forms.BooleanField(
        label="Release what is left afterwards", required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    field_order = ("amount", "is_final", "reason")


CAPTURE = {
    "title": "Capture this reservation?",
    "description": "Pays it to whom it is for; if that is nobody here, to a payee outside of this service.",
    "form_class": CaptureForm,
    "form_submit_text": "Capture",
}
EXTEND = {
    "title": "Give this reservation more time?",
    "description": "Its deadline is moved. Until then the money stays set aside.",
    "form_class": ExtendForm,
    "form_submit_text": "Extend",
}


class HoldScreen(ReleasableReservationAdmin):
    list_display = (
        "created_at",
        "status_label",
        "wallet",
        "amount_cell",
        "captured",
        "left",
        "expires_in",
        "period",
        "booking",
        "purpose_text",
    )
    list_filter = ("status", "asset", ExpiryFilter, AgeFilter, HoldTeamFilter)
    fields = (
        *ReleasableReservationAdmin.fields[:4],
        ("expires_at", "expires_in"),
        ("period", "booking"),
        "purpose_text",
        *ReleasableReservationAdmin.fields[5:],
    )
    actions_detail = ("capture", "extend", "release")

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their documents and the periods that they count in; four queries however many."""
        documents = {document.id: document for document in get_transactions(row.transaction_id for row in rows)}
        envelopes, now = envelopes_of_holds(rows), database_now()
        periods = periods_by_id({id for ids in envelopes.values() for id in ids})
        for row in rows:
            row.document, row.now = documents[row.transaction_id], now
            row.periods = [periods[id] for id in envelopes[row.id] if id in periods]
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None and not hasattr(row, "periods"):
            self.rows(request, [row])
        return row

    @admin.display(description="Expires in", ordering="expires_at")
    def expires_in(self, row: Any) -> str:
        if row.status != "ACTIVE":
            return EMPTY
        if row.expires_at <= row.now:
            return time_cell(row.expires_at, f"over since {timesince(row.expires_at, row.now, depth=1)}")
        return time_cell(row.expires_at, timeuntil(row.expires_at, row.now, depth=1))

    @admin.display(description="Budget period")
    def period(self, row: Any) -> str:
        return ", ".join(sorted(period.key for period in row.periods)) or EMPTY

    @admin.display(description="Booking")
    def booking(self, row: Any) -> str:
        return row.document.reference_id or EMPTY

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Capture", permissions=["release"], dialog=CAPTURE, icon="payments"
    )
    def capture(self, request: HttpRequest, form: CaptureForm, object_id: str) -> HttpResponse:
        amount, is_final = form.cleaned_data["amount"], form.cleaned_data["is_final"]

        def prepare(held: Any, step: Step) -> Prepared:
            if amount is not None:
                asset = get_asset(held.reservation.asset_id)
                require_scale(amount, asset.scale, asset.code)
            return prepare_capture(held, step, caller=signed_in(request), amount=amount, is_final=is_final)

        return self._settle(request, form, object_id, "wallet.hold_captured", "The reservation is captured.", prepare)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Extend", permissions=["release"], dialog=EXTEND, icon="more_time"
    )
    def extend(self, request: HttpRequest, form: ExtendForm, object_id: str) -> HttpResponse:
        expires_in = timedelta(hours=form.cleaned_data["hours"])

        def prepare(held: Any, step: Step) -> Prepared:
            return prepare_extension(held, step, caller=signed_in(request), expires_in=expires_in)

        return self._settle(request, form, object_id, "wallet.hold_extended", "The reservation has more time.", prepare)

    def _settle(
        self, request: HttpRequest, form: MoneyForm, object_id: str, event_type: str, done: str, prepare: Any
    ) -> HttpResponse:
        row = self.visible(request, object_id)

        def act() -> str:
            step = Step(claim=claim_of_dialog(request, form), origin=origin_of_staff(request))
            held = get_visible_reservation(signed_in(request), row.id)
            settling = Settling(event_type, form.cleaned_data["reason"], origin_of_admin(request))
            require_accepted(settle(prepare(held, step), held, settling), row.asset_id)
            return done

        return tell(request, act, reverse("admin:ledger_reservation_change", args=[row.id]))
