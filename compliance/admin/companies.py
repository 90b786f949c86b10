"""The company and its teams."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import dates

from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.models import Company, Role, Team
from compliance.selectors.scope import teams_visible_to
from compliance.selectors.users import members_of
from ledger.admin.cells import EMPTY, label_cell
from ledger.admin.screens import ReadOnlyAdmin, Table

MOST_MEMBERS = 200


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ("name", "managers", "people", "created_at")
    search_parts = ("name",)
    ordering = ("name",)
    fields = (("name", "company"), ("managers", "people"), ("created_at", "id"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return teams_visible_to(signed_in(request)).select_related("company").annotate(headcount=Count("members"))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        managers = members_of([team.id for team in rows], role=Role.MANAGER)
        note_looks(request, [user.id for user in managers])
        for team in rows:
            team.managed_by = [user.get_full_name() for user in managers if user.team_id == team.id]
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Team | None:
        team: Any = super().get_object(request, object_id, from_field)
        return None if team is None else self.rows(request, [team])[0]

    def tables(self, request: HttpRequest, row: Team) -> list[Table]:
        people = members_of([row.id])[:MOST_MEMBERS]
        note_looks(request, [user.id for user in people])
        cells = [
            [user.get_full_name(), user.email, user.get_role_display(), label_cell(user.status)] for user in people
        ]
        return [Table("People", ("Name", "E-mail", "Role", "Status"), cells, f"The first {MOST_MEMBERS} by name.")]

    @admin.display(description="Managers")
    def managers(self, team: Any) -> str:
        return ", ".join(team.managed_by) or EMPTY

    @admin.display(description="People", ordering="headcount")
    def people(self, team: Any) -> str:
        return str(team.headcount)


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    """Its calendar, as budgets and statements go by it. It is changed over the interface."""

    list_display = ("name", "timezone", "week_begins", "currency")
    fields = (
        ("name", "currency"),
        ("timezone", "week_begins"),
        ("months_begin", "year_begins"),
        ("created_at", "id"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        return Company.objects.filter(id=signed_in(request).company_id)

    @admin.display(description="Weeks begin on")
    def week_begins(self, company: Company) -> str:
        return str(dates.WEEKDAYS[company.week_start - 1])

    @admin.display(description="Months of budgets begin on")
    def months_begin(self, company: Company) -> str:
        return f"day {company.month_day}"

    @admin.display(description="The fiscal year begins with")
    def year_begins(self, company: Company) -> str:
        return str(dates.MONTHS[company.fiscal_month])
