from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from compliance.admin.forms import ReasonForm
from compliance.api.origin import origin_of_admin
from compliance.models import Company, LoginSession, ServiceAccount, Team, User, UserStatus
from compliance.selectors.scope import teams_visible_to, users_visible_to
from compliance.services.audit import record_look
from compliance.services.sessions import end_sessions
from compliance.services.users import update_user
from ledger.errors import ServiceError

_ACCESS_ROLES = frozenset({"FINANCE", "COMPLIANCE"})
"""Who decides over other people's access."""

_PERSONAL_LIST = ("email", "first_name", "last_name")
_PERSONAL_DETAIL = (*_PERSONAL_LIST, "phone", "date_of_birth", "nationality", "language", "timezone")


def signed_in(request: HttpRequest) -> User:
    """The member of staff behind a request to the admin."""
    assert isinstance(request.user, User), "the admin lets nobody else through"
    return request.user


def _dialog(title: str, description: str) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": ReasonForm}


@admin.register(User)
class UserAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("email", "first_name", "last_name", "role", "team", "status", "kyc_status", "last_login")
    list_filter = ("role", "status", "kyc_status")
    list_select_related = ("team",)
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    fields = (
        ("email", "phone"),
        ("first_name", "last_name"),
        ("date_of_birth", "nationality"),
        ("company", "team"),
        ("role", "status"),
        ("kyc_status", "risk_level"),
        ("language", "timezone", "currency"),
        ("last_login", "last_active_at", "failed_login_attempts"),
        ("created_at", "updated_at", "version"),
    )
    readonly_fields = ("created_at", "updated_at")
    actions_detail = ("suspend", "activate", "log_out_everywhere")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return users_visible_to(signed_in(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        user: User | None = super().get_object(request, object_id, from_field)
        if user is not None:
            self._record_look(request, [user.id], _PERSONAL_DETAIL)
        return user

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        self._record_look(request, [user.id for user in changelist.result_list], _PERSONAL_LIST)
        return changelist

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
        """Unfold hands actions any id that was typed, whatever the list hides (product.md §2.5)."""
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        return user

    def _back_to(self, user: User) -> HttpResponse:
        return HttpResponse(headers={"HX-Redirect": reverse("admin:compliance_user_change", args=[user.id])})

    def _record_look(self, request: HttpRequest, subject_ids: list[UUID], fields: tuple[str, ...]) -> None:
        context = f"{request.method} {request.path}"[:200]
        record_look(origin=origin_of_admin(request), subject_ids=subject_ids, fields=fields, context=context)


@admin.register(Team)
class TeamAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("name", "company", "created_at")
    list_select_related = ("company",)
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return teams_visible_to(signed_in(request))


@admin.register(Company)
class CompanyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("name", "timezone", "currency", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        return Company.objects.filter(id=signed_in(request).company_id)


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("name", "client_id", "status", "scope_names", "last_used_at")
    search_fields = ("name", "client_id")
    fields = ("name", "client_id", "company", "status", "scope_names", "last_used_at", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        return ServiceAccount.objects.filter(company_id=signed_in(request).company_id)


@admin.register(LoginSession)
class LoginSessionAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold is untyped
    list_display = ("id", "user_id", "service_account", "ip_address", "last_used_at", "revoked_at", "revoked_reason")
    list_filter = ("revoked_reason",)
    list_select_related = ("service_account",)
    ordering = ("-id",)
    fields = (
        ("user_id", "service_account"),
        ("ip_address", "user_agent"),
        ("created_at", "last_used_at", "expires_at"),
        ("revoked_at", "revoked_reason"),
    )
    readonly_fields = ("user_id", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoginSession]:
        company_id = signed_in(request).company_id
        return LoginSession.objects.filter(Q(user__company_id=company_id) | Q(service_account__company_id=company_id))
