"""What who decides over access does on the page of a person: roles, teams, and who else administers access."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from compliance.admin.dialogs import dialog, tell
from compliance.admin.forms import ReasonForm
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.models import Role, User
from compliance.selectors.access import decides_over_access, is_access_administrator
from compliance.selectors.scope import people_visible_to, teams_visible_to
from compliance.services.access import require_may_add
from compliance.services.users import create_user, update_user

NO_TEAM = ("", "No team")


class PlaceForm(ReasonForm):
    """Role and team: together they say whose things somebody may see and keep."""

    role = forms.ChoiceField(choices=Role.choices, widget=UnfoldAdminSelectWidget)
    team = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = teams_visible_to(signed_in(self.request)).order_by("name").values_list("id", "name")
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [NO_TEAM, *((str(id), name) for id, name in teams)]

    @property
    def team_id(self) -> UUID | None:
        return UUID(self.cleaned_data["team"]) if self.cleaned_data["team"] else None


class ChangeRoleForm(PlaceForm):
    """`version` is the one that was looked at: what has changed since is not overwritten."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("role", "team", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = people_visible_to(signed_in(self.request)).get(id=self.object_id)
        self.initial |= {"role": user.role, "team": str(user.team_id or ""), "version": user.version}


class NewPersonForm(PlaceForm):
    email = forms.EmailField(widget=UnfoldAdminTextInputWidget)
    first_name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    last_name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    field_order = ("email", "first_name", "last_name", "role", "team", "reason")


CHANGE_ROLE = dialog(
    "Change role or team",
    "Another role ends all sessions of this person. Managers look after the people of their team.",
    ChangeRoleForm,
    "Change",
)
ADMINISTER = dialog(
    "Let administer access",
    "This person then gives roles and looks after service accounts, and sees nothing of anybody's money. "
    "It is for employees only: who decides over access has no other rights.",
    button="Let",
)
WITHDRAW = dialog("Withdraw the administration of access", "This person then gives roles no more.", button="Withdraw")
NEW_PERSON = dialog(
    "Add a person",
    "Without a wallet and without a password: nobody can log in as this person yet.",
    NewPersonForm,
    "Add",
)


def may_change_role(caller: User, user: User) -> bool:
    return caller.id != user.id and decides_over_access(caller)


def may_name_administrators(caller: User, user: User) -> bool:
    return caller.id != user.id and is_access_administrator(caller)


def change_from_dialog(
    request: HttpRequest, user: User, changes: dict[str, Any], *, reason: str, version: int | None = None
) -> HttpResponse:
    """Change what a person may, and tell what came of it on the person's page."""

    def act() -> str:
        update_user(
            caller=signed_in(request),
            user_id=user.id,
            changes=changes,
            expected_version=version,
            origin=origin_of_admin(request),
            reason=reason,
        )
        return f"What {user} may is changed."

    return tell(request, act, reverse("admin:compliance_user_change", args=[user.id]))


def add_from_dialog(request: HttpRequest, form: NewPersonForm) -> HttpResponse:
    caller, wanted = signed_in(request), form.cleaned_data

    def act() -> str:
        require_may_add(caller, wanted["role"])
        user = create_user(
            company_id=caller.company_id,
            team_id=form.team_id,
            **{name: wanted[name] for name in ("email", "first_name", "last_name", "role", "reason")},
            origin=origin_of_admin(request),
        )
        return f"{user} is added."

    return tell(request, act, reverse("admin:compliance_user_changelist"))
