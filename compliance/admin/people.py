from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action, display

from compliance.admin.access import (
    ADMINISTER,
    CHANGE_ROLE,
    NEW_PERSON,
    WITHDRAW,
    ChangeRoleForm,
    NewPersonForm,
    add_from_dialog,
    change_from_dialog,
    may_change_role,
    may_name_administrators,
)
from compliance.admin.confirming import button_requires_recent_factor
from compliance.admin.deputies import NAME, DeputyForm, deputies_table, name_from_dialog
from compliance.admin.dialogs import dialog
from compliance.admin.forms import ReasonForm
from compliance.admin.staff import row_or_404, signed_in
from compliance.api.desk import desk_session_of
from compliance.api.looks import PERSONAL_DETAIL, note_looks
from compliance.api.origin import origin_of_admin
from compliance.core.access import DEPUTY_ROLES
from compliance.core.roles import roles_over_all
from compliance.models import Role, User, UserStatus
from compliance.selectors.access import decides_over_access, is_access_administrator
from compliance.selectors.scope import people_visible_to
from compliance.services.second_factors import reset_factor
from compliance.services.sessions import end_sessions
from compliance.services.users import update_user
from ledger.admin.cells import label_cell
from ledger.admin.screens import ReadOnlyAdmin, Table
from ledger.errors import ServiceError

_ACCESS_ROLES = roles_over_all("people.suspend")
"""Who lets people in and keeps them out, besides who administers access."""


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("person", "role_label", "team", "status_label", "kyc_label", "last_login")
    list_filter = ("role", "administers_access", "status", "kyc_status")
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
        ("role_label", "status_label"),
        ("kyc_label", "risk_level"),
        ("language", "timezone", "currency"),
        ("last_login", "last_active_at", "failed_login_attempts"),
        ("created_at", "updated_at", "version"),
        "id",
    )
    actions_list = ("new_person",)
    actions_detail = (
        *("suspend", "activate", "log_out_everywhere", "reset_second_factor", "name_deputy"),
        *("change_role", "administer_access", "withdraw_access"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return people_visible_to(signed_in(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        user: User | None = super().get_object(request, object_id, from_field)
        if user is not None:
            note_looks(request, [user.id], PERSONAL_DETAIL)
        return user

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        note_looks(request, [user.id for user in rows])
        return rows

    def tables(self, request: HttpRequest, row: User) -> list[Table]:
        return [deputies_table(request, row)] if row.role in DEPUTY_ROLES else []

    @display(header=True, ordering="last_name")  # type: ignore[untyped-decorator]  # Unfold is untyped
    def person(self, user: User) -> list[str]:
        return [user.get_full_name(), user.email, f"{user.first_name[:1]}{user.last_name[:1]}"]

    @admin.display(description="Role", ordering="role")
    def role_label(self, user: User) -> str:
        role = user.get_role_display()
        return f"{role}, administers access" if user.administers_access else role

    @admin.display(description="Status", ordering="status")
    def status_label(self, user: User) -> str:
        return label_cell(user.status)

    @admin.display(description="Identity check", ordering="kyc_status")
    def kyc_label(self, user: User) -> str:
        return label_cell(user.kyc_status)

    def has_decide_access_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the buttons are shown. Whether they work on this person, the services say."""
        caller = signed_in(request)
        if object_id is not None:
            self._seen(request, object_id)
        return caller.role in _ACCESS_ROLES or is_access_administrator(caller)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Suspend",
        permissions=["decide_access"],
        dialog=dialog("Suspend", "The next request of this person will be refused, everywhere."),
    )
    def suspend(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._set_status(request, form, object_id, UserStatus.SUSPENDED)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Activate",
        permissions=["decide_access"],
        dialog=dialog("Activate", "Lifts a suspension or lock; the person can log in again."),
    )
    def activate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._set_status(request, form, object_id, UserStatus.ACTIVE)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Log out everywhere",
        permissions=["decide_access"],
        dialog=dialog("Log out everywhere", "Ends all sessions of this person. Logging in again is possible."),
    )
    def log_out_everywhere(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        user = self._visible(request, object_id)
        end_sessions(user_id=user.id, origin=origin_of_admin(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"All sessions of {user} have ended.")
        return self._back_to(user)

    @button_requires_recent_factor("admin:compliance_user_change")
    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Reset second factor",
        permissions=["decide_access"],
        dialog=dialog(
            "Reset second factor",
            "For a lost phone. Make sure that it is really this person who asks. All sessions end, app and recovery "
            "codes are good no more, and a new app is set up at the next log-in.",
        ),
    )
    def reset_second_factor(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        user, reason = self._visible(request, object_id), form.cleaned_data["reason"]
        session, origin = desk_session_of(request), origin_of_admin(request)
        try:
            reset_factor(session=session, user_id=user.id, reason=reason, origin=origin)
        except ServiceError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{user} sets up a new second factor at the next log-in.")
        return self._back_to(user)

    def has_name_deputy_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Of people with whom it makes sense: one's own, and everybody's for who decides over access."""
        caller, user = signed_in(request), self._seen(request, object_id)
        return user.role in DEPUTY_ROLES and (caller.id == user.id or decides_over_access(caller))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Name a deputy", permissions=["name_deputy"], dialog=NAME
    )
    def name_deputy(self, request: HttpRequest, form: DeputyForm, object_id: str) -> HttpResponse:
        return name_from_dialog(request, form, self._visible(request, object_id))

    def has_change_role_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return may_change_role(signed_in(request), self._seen(request, object_id))

    def has_administer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        user = self._seen(request, object_id)
        is_possible = user.role == Role.EMPLOYEE and not user.administers_access
        return is_possible and may_name_administrators(signed_in(request), user)

    def has_withdraw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        user = self._seen(request, object_id)
        return user.administers_access and may_name_administrators(signed_in(request), user)

    def has_add_person_permission(self, request: HttpRequest) -> bool:
        return decides_over_access(signed_in(request))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Change role or team", permissions=["change_role"], dialog=CHANGE_ROLE
    )
    def change_role(self, request: HttpRequest, form: ChangeRoleForm, object_id: str) -> HttpResponse:
        changes = {"role": form.cleaned_data["role"], "team_id": form.team_id}
        return self._change(request, form, object_id, changes, form.cleaned_data["version"])

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Let administer access", permissions=["administer"], dialog=ADMINISTER
    )
    def administer_access(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._change(request, form, object_id, {"administers_access": True})

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Withdraw the administration of access", permissions=["withdraw"], dialog=WITHDRAW
    )
    def withdraw_access(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._change(request, form, object_id, {"administers_access": False})

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Add a person", permissions=["add_person"], dialog=NEW_PERSON, icon="person_add"
    )
    def new_person(self, request: HttpRequest, form: NewPersonForm) -> HttpResponse:
        return add_from_dialog(request, form)

    def _change(
        self,
        request: HttpRequest,
        form: ReasonForm,
        object_id: str,
        changes: dict[str, Any],
        version: int | None = None,
    ) -> HttpResponse:
        user = self._visible(request, object_id)
        return change_from_dialog(request, user, changes, reason=form.cleaned_data["reason"], version=version)

    def _seen(self, request: HttpRequest, object_id: str | None) -> User:
        """For permissions: which person a page is about, of which nothing is shown."""
        return row_or_404(self.get_queryset(request), object_id)

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
