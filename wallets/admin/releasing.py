from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action

from compliance.admin.staff import signed_in
from compliance.core.roles import roles_over_others
from ledger.admin.reservations import ReservationAdmin
from ledger.services.holds import Step
from wallets.admin.approvals.four_eyes import FourEyesForm, Intent, do_or_ask
from wallets.admin.approvals.pending import ShowsPending
from wallets.admin.dialogs import MoneyForm, claim_of_dialog, require_accepted
from wallets.admin.origin import origin_of_staff
from wallets.selectors.reservations import get_visible_reservation
from wallets.services.reservations import post_prepared, prepare_release

RELEASERS = roles_over_others("money.spend")


class ReleaseForm(FourEyesForm, MoneyForm):
    def intent(self) -> Intent:
        return Intent("reservation.release", {"reservation_id": str(self.object_id)})


DIALOG = {
    "title": "Release this reservation?",
    "description": "What is left of it becomes available again; nothing more can be captured.",
    "form_class": ReleaseForm,
    "form_submit_text": "Release",
}


class ReleasableReservationAdmin(ShowsPending, ReservationAdmin):
    """The list of reservations, with a button. It has a dialog: without one, Unfold runs actions on GET."""

    actions_detail: tuple[str, ...] = ("release",)

    def has_release_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a reservation that is visible: Unfold hands over any id that was typed."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in RELEASERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        is_offered = self.has_release_permission(request) and self.visible(request, object_id).status == "ACTIVE"
        return self._get_base_actions_detail() if is_offered else []

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Release", permissions=["release"], dialog=DIALOG, icon="lock_open"
    )
    def release(self, request: HttpRequest, form: ReleaseForm, object_id: str) -> HttpResponse:
        row = self.visible(request, object_id)

        def act() -> str:
            caller = signed_in(request)
            step = Step(claim=claim_of_dialog(request, form), origin=origin_of_staff(request))
            held = get_visible_reservation(caller, row.id)
            prepared = prepare_release(held, step, caller=caller, reason=form.cleaned_data["reason"])
            require_accepted(post_prepared(prepared), row.asset_id)
            return "The reservation is released."

        return do_or_ask(request, form, form.intent(), act, reverse("admin:ledger_reservation_change", args=[row.id]))
