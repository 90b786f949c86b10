"""Deputies in the back office: who stands in for whom, and until when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from compliance.admin.dialogs import date_widget, dialog, tell
from compliance.admin.forms import ReasonForm
from compliance.admin.staff import row_or_404, signed_in
from compliance.api.looks import note_looks
from compliance.api.origin import origin_of_admin
from compliance.models import Deputy, User
from compliance.selectors.access import decides_over_access
from compliance.selectors.deputies import state_of
from compliance.selectors.scope import deputies_visible_to
from compliance.selectors.users import find_colleague
from compliance.services.deputies import end_deputy, name_deputy
from ledger.admin.cells import label_cell
from ledger.admin.screens import ReadOnlyAdmin, Table
from ledger.selectors.clock import database_now


class DeputyForm(ReasonForm):
    """Days are the company's. The colleague is typed, not chosen: a list would show people of other teams."""

    email = forms.EmailField(label="E-mail of the deputy", widget=UnfoldAdminTextInputWidget)
    first_day = forms.DateField(required=False, widget=date_widget(), help_text="At once without it.")
    last_day = forms.DateField(widget=date_widget(), help_text="The last day on which the deputy decides.")
    field_order = ("email", "first_day", "last_day", "reason")

    def clean_email(self) -> User:
        found = find_colleague(signed_in(self.request), self.cleaned_data["email"])
        if found is None:
            raise ValidationError("Nobody of your company has this address.")
        return found

    @property
    def starts_at(self) -> datetime | None:
        first = self.cleaned_data["first_day"]
        return None if first is None else self._midnight(first)

    @property
    def ends_at(self) -> datetime:
        return self._midnight(self.cleaned_data["last_day"] + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(signed_in(self.request).company.timezone))


NAME = dialog(
    "Name a deputy",
    "The deputy decides for this person until the end of the last day: sees a manager's team and approves what waits. "
    "What concerns this person alone is not the deputy's.",
    DeputyForm,
    "Name",
)
END = dialog("End", "From now on the deputy decides for this person no more.")


def name_from_dialog(request: HttpRequest, form: DeputyForm, principal: User) -> HttpResponse:
    """What a person's "Name a deputy" does."""

    def act() -> str:
        row = name_deputy(
            caller=signed_in(request),
            principal_id=principal.id,
            deputy_id=form.cleaned_data["email"].id,
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            reason=form.cleaned_data["reason"],
            origin=origin_of_admin(request),
        )
        return f"{row.deputy.get_full_name()} stands in for {row.principal.get_full_name()}."

    return tell(request, act, reverse("admin:compliance_user_change", args=[principal.id]))


def deputies_table(request: HttpRequest, user: User) -> Table:
    """Who stands in for somebody, and for whom he does, the latest first."""
    found = deputies_visible_to(signed_in(request))
    rows = list((found.filter(principal=user) | found.filter(deputy=user)).order_by("-starts_at", "-id")[:10])
    note_looks(request, {id for row in rows for id in (row.principal_id, row.deputy_id)})
    now = database_now()
    cells = [
        [str(row.principal), str(row.deputy), row.starts_at, row.ends_at, label_cell(state_of(row, now))]
        for row in rows
    ]
    return Table("Deputies", ("For", "Deputy", "From", "Until", "State"), cells, "The latest ten. Times in UTC.")


@admin.register(Deputy)
class DeputyAdmin(ReadOnlyAdmin):
    list_display = ("principal", "deputy", "starts_at", "ends_at", "state", "given_by")
    search_ids = ("id", "principal_id", "deputy_id")
    search_help_text = "Whole id of a person"
    ordering = ("-starts_at", "-id")
    fields = (
        ("principal", "deputy"),
        ("starts_at", "ends_at"),
        ("state", "ended_at"),
        "reason",
        ("given_by", "created_at"),
        "id",
    )
    actions_detail = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deputy]:
        return deputies_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        now = database_now()
        for row in rows:
            row.state_now = state_of(row, now)
        note_looks(request, {id for row in rows for id in (row.principal_id, row.deputy_id, row.given_by_id)})
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Deputy | None:
        row: Any = super().get_object(request, object_id, from_field)
        return None if row is None else self.rows(request, [row])[0]

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        return label_cell(row.state_now)

    def has_end_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the button is shown; the service looks again."""
        caller, row = signed_in(request), row_or_404(self.get_queryset(request), object_id)
        is_either = caller.id in (row.principal_id, row.deputy_id)
        return state_of(row, database_now()) != "ENDED" and (is_either or decides_over_access(caller))

    @action(description="End", permissions=["end"], dialog=END, icon="event_busy")  # type: ignore[untyped-decorator]
    def end(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        row = self._visible(request, object_id)

        def act() -> str:
            end_deputy(
                caller=signed_in(request),
                deputy_row_id=row.id,
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
            )
            return f"{row.deputy.get_full_name()} does not stand in any more."

        return tell(request, act, reverse("admin:compliance_deputy_change", args=[row.id]))

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row
