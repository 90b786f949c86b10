"""Rows of a screen by team: of those that the member of staff sees."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.selectors.scope import teams_visible_to, users_visible_to
from ledger.admin.screens import as_id


class TeamFilter(admin.SimpleListFilter):
    """The visible teams; Django's own filter would name those of every company."""

    title = "team"
    parameter_name = "team"

    @abstractmethod
    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        """The condition that a row is of a team."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        teams = teams_visible_to(signed_in(request)).order_by("name")
        return [(str(id), name) for id, name in teams.values_list("id", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        team_id = as_id(self.value() or "")
        return queryset.none() if team_id is None else queryset.filter(self.of_team(request, team_id))


def people_of(request: HttpRequest, team_id: UUID) -> QuerySet[Any]:
    """The ids of those in a team whom the member of staff sees."""
    return users_visible_to(signed_in(request)).filter(team_id=team_id).values("id")
