"""Service accounts in the back office. Whoever has seen a secret does not put it to work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from compliance.admin.dialogs import dialog, tell
from compliance.admin.forms import ReasonForm
from compliance.admin.staff import row_or_404, signed_in
from compliance.api.looks import note_looks
from compliance.api.origin import origin_of_admin
from compliance.core.access import SERVICE_SCOPES
from compliance.models import ServiceAccount
from compliance.selectors.access import decides_over_access
from compliance.services.service_accounts import (
    activate_service_account,
    may_decide_on_programs,
    prepare_service_account,
    renew_secret,
    suspend_service_account,
)
from ledger.admin.cells import EMPTY, label_cell
from ledger.admin.screens import ReadOnlyAdmin
from ledger.errors import ServiceError


class NewProgramForm(ReasonForm):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(SERVICE_SCOPES)], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    field_order = ("name", "scopes", "reason")


_SLEEPS = "Its secret is shown once, to you. It sleeps until somebody else activates it."
NEW = dialog("New service account", _SLEEPS, NewProgramForm, "Create")
RENEW = dialog("New secret", f"The old one is good no more, and what is logged in with it is out. {_SLEEPS}")
ACTIVATE = dialog("Activate", "The program can log in. Whoever was shown its secret cannot do this.")
SUSPEND = dialog("Suspend", "The next request of this program is refused.")


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ReadOnlyAdmin):
    list_display = ("name", "client_id", "status_label", "scopes", "last_used_at")
    list_filter = ("status",)
    list_select_related = ("company", "prepared_by")
    search_ids = ("id",)
    search_parts = ("name", "client_id")
    ordering = ("name",)
    fields = (
        ("name", "client_id"),
        ("company", "status_label"),
        "scopes",
        "shown_to",
        ("last_used_at", "created_at"),
        "id",
    )
    actions_list = ("new_service_account",)
    actions_detail = ("activate", "suspend", "renew_secret")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        rows = ServiceAccount.objects.filter(company_id=signed_in(request).company_id)
        return rows.select_related(*self.list_select_related)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ServiceAccount | None:
        account: ServiceAccount | None = super().get_object(request, object_id, from_field)
        if account is not None and account.prepared_by_id is not None:
            note_looks(request, [account.prepared_by_id], ("email",))
        return account

    @admin.display(description="Status", ordering="status")
    def status_label(self, account: ServiceAccount) -> str:
        return label_cell(account.status)

    @admin.display(description="Scopes")
    def scopes(self, account: ServiceAccount) -> str:
        return ", ".join(account.scope_names)

    @admin.display(description="Secret shown to")
    def shown_to(self, account: ServiceAccount) -> str:
        return EMPTY if account.prepared_by is None else str(account.prepared_by)

    # -- Whether buttons are shown; the services look again. Each has a dialog: without one, Unfold runs actions on GET.

    def has_prepare_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if object_id is not None:
            self._seen(request, object_id)
        return decides_over_access(signed_in(request))

    def has_activate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        caller, account = signed_in(request), self._seen(request, str(object_id))
        return not account.is_active and caller.id != account.prepared_by_id and may_decide_on_programs(caller)

    def has_suspend_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._seen(request, str(object_id)).is_active and may_decide_on_programs(signed_in(request))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="New service account", permissions=["prepare"], dialog=NEW, icon="add"
    )
    def new_service_account(self, request: HttpRequest, form: NewProgramForm) -> HttpResponse:
        wanted = {name: form.cleaned_data[name] for name in ("name", "scopes", "reason")}
        try:
            account, secret = prepare_service_account(
                caller=signed_in(request), origin=origin_of_admin(request), **wanted
            )
        except ServiceError as error:
            return _refused(request, error, reverse("admin:compliance_serviceaccount_changelist"))
        return _show_once(request, account, secret)

    @action(description="New secret", permissions=["prepare"], dialog=RENEW, icon="key")  # type: ignore[untyped-decorator]
    def renew_secret(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        account, reason = self._seen(request, object_id), form.cleaned_data["reason"]
        try:
            secret = renew_secret(
                caller=signed_in(request), account_id=account.id, reason=reason, origin=origin_of_admin(request)
            )
        except ServiceError as error:
            return _refused(request, error, _url(account))
        return _show_once(request, account, secret)

    @action(description="Activate", permissions=["activate"], dialog=ACTIVATE, icon="check")  # type: ignore[untyped-decorator]
    def activate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, activate_service_account, "works")

    @action(description="Suspend", permissions=["suspend"], dialog=SUSPEND, icon="block")  # type: ignore[untyped-decorator]
    def suspend(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, suspend_service_account, "is suspended")

    def _decide(
        self, request: HttpRequest, form: ReasonForm, object_id: str, service: Callable[..., object], done: str
    ) -> HttpResponse:
        account = self._seen(request, object_id)

        def act() -> str:
            reason = form.cleaned_data["reason"]
            service(caller=signed_in(request), account_id=account.id, reason=reason, origin=origin_of_admin(request))
            return f"{account} {done}."

        return tell(request, act, _url(account))

    def _seen(self, request: HttpRequest, object_id: str) -> ServiceAccount:
        """Unfold hands actions any id that was typed, whatever the list hides."""
        return row_or_404(self.get_queryset(request), object_id)


def _url(account: ServiceAccount) -> str:
    return reverse("admin:compliance_serviceaccount_change", args=[account.id])


def _refused(request: HttpRequest, error: ServiceError, url: str) -> HttpResponse:
    messages.error(request, error.detail)
    return HttpResponse(headers={"HX-Redirect": url})


def _show_once(request: HttpRequest, account: ServiceAccount, secret: str) -> HttpResponse:
    """The secret in the place of the dialog: it goes into no message and no session, and the admin's pages into no
    cache."""
    context: dict[str, Any] = {"account": account, "secret": secret, "url": _url(account)}
    answer = render(request, "admin/access/secret.html", context)
    answer["HX-Retarget"] = answer["HX-Reselect"] = "#dialog"
    answer["HX-Reswap"] = "outerHTML"
    return answer
