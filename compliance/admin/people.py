from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action, display

from compliance.admin.forms import ReasonForm
from compliance.admin.staff import PERSONAL_DETAIL, record_looks, signed_in
from compliance.api.origin import origin_of_admin
from compliance.models import Company, ServiceAccount, Team, User, UserStatus
from compliance.selectors.scope import teams_visible_to, users_visible_to
from compliance.services.sessions import end_sessions
from compliance.services.users import update_user
from ledger.admin.cells import label_cell
from ledger.admin.screens import ReadOnlyAdmin
from ledger.errors import ServiceError

_ACCESS_ROLES = frozenset({"FINANCE", "COMPLIANCE"})
"""Who decides over other people's access."""


def _dialog(title: str, description: str) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": ReasonForm}


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("person", "role", "team", "status_label", "kyc_label", "last_login")
    list_filter = ("role", "status", "kyc_status")
    list_select_related = ("team",)
    search_ids = ("id",)
    search_parts = ("email", "first_name", "last_name")
    search_help_text = "Name, e-mail or whole id"
    ordering = ("last_name", "first_name", "id")
    fields = (
        ("email", "phone"),
        ("first_name", "last_name"),
        ("date_of_birth", "nationality"),
        ("company", "team"),
        ("role", "status_label"),
        ("kyc_label", "risk_level"),
        ("language", "timezone", "currency"),
        ("last_login", "last_active_at", "failed_login_attempts"),
        ("created_at", "updated_at", "version"),
        "id",
    )
    actions_detail = ("suspend", "activate", "log_out_everywhere")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return users_visible_to(signed_in(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        user: User | None = super().get_object(request, object_id, from_field)
        if user is not None:
            record_looks(request, [user.id], PERSONAL_DETAIL)
        return user

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        record_looks(request, [user.id for user in rows])
        return rows

    @display(header=True, ordering="last_name")  # type: ignore[untyped-decorator]  # Unfold is untyped
    def person(self, user: User) -> list[str]:
        return [user.get_full_name(), user.email, f"{user.first_name[:1]}{user.last_name[:1]}"]

    @admin.display(description="Status", ordering="status")
    def status_label(self, user: User) -> str:
        return label_cell(user.status)

    @admin.display(description="Identity check", ordering="kyc_status")
    def kyc_label(self, user: User) -> str:
        return label_cell(user.kyc_status)

    def has_decide_access_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the buttons are shown. Whether they work on this person, the services say."""
        return signed_in(request).role in _ACCESS_ROLES

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Suspend",
        permissions=["decide_access"],
        dialog=_dialog("Suspend", "The next request of this person will be refused, everywhere."),
    )
    def suspend(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._set_status(request, form, object_id, UserStatus.SUSPENDED)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Activate",
        permissions=["decide_access"],
        dialog=_dialog("Activate", "Lifts a suspension or lock; the person can log in again."),
    )
    def activate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._set_status(request, form, object_id, UserStatus.ACTIVE)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Log out everywhere",
        permissions=["decide_access"],
        dialog=_dialog("Log out everywhere", "Ends all sessions of this person. Logging in again is possible."),
    )
    def log_out_everywhere(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        user = self._visible(request, object_id)
        end_sessions(user_id=user.id, origin=origin_of_admin(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"All sessions of {user} have ended.")
        return self._back_to(user)

    def _set_status(self, request: HttpRequest, form: ReasonForm, object_id: str, status: str) -> HttpResponse:
        user = self._visible(request, object_id)
        try:
            update_user(
                caller=signed_in(request),
                user_id=user.id,
                changes={"status": status},
                expected_version=None,
                origin=origin_of_admin(request),
                reason=form.cleaned_data["reason"],
            )
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{user} is now {status}.")
        return self._back_to(user)

    def _visible(self, request: HttpRequest, object_id: str) -> User:
        """Unfold hands actions any id that was typed, whatever the list hides."""
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        return user

    def _back_to(self, user: User) -> HttpResponse:
        return HttpResponse(headers={"HX-Redirect": reverse("admin:compliance_user_change", args=[user.id])})


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ("name", "company", "created_at")
    list_select_related = ("company",)
    search_parts = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return teams_visible_to(signed_in(request))


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    list_display = ("name", "timezone", "currency", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        return Company.objects.filter(id=signed_in(request).company_id)


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ReadOnlyAdmin):
    list_display = ("name", "client_id", "status_label", "scopes", "last_used_at")
    search_ids = ("id",)
    search_parts = ("name", "client_id")
    ordering = ("name",)
    fields = (("name", "client_id"), ("company", "status_label"), "scopes", ("last_used_at", "created_at"), "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        return ServiceAccount.objects.filter(company_id=signed_in(request).company_id)

    @admin.display(description="Status", ordering="status")
    def status_label(self, account: ServiceAccount) -> str:
        return label_cell(account.status)

    @admin.display(description="Scopes")
    def scopes(self, account: ServiceAccount) -> str:
        return ", ".join(account.scope_names)
