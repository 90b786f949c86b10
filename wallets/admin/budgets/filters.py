from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import CharField, Func, Q, QuerySet
from django.http import HttpRequest

from budgets.models import Budget
from compliance.admin.staff import signed_in
from wallets.admin.team_filter import TeamFilter, people_of
from wallets.selectors.budgets import budgets_visible_to, find_visible_budgets

NEAR = 80
"""From how many percent on a budget is near its end."""
MOST_CATEGORIES = 50


class NearFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "over_pct"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(str(NEAR), f"{NEAR} % and more"), ("100", "100 % and more")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> QuerySet[Budget]:
        wanted = self.value()
        if wanted not in {choice for choice, _ in self.lookup_choices}:
            return queryset
        near = find_visible_budgets(signed_in(request), {}, over_pct=int(wanted or 0))
        return queryset.filter(id__in=near.values("id"))


class BudgetTeamFilter(TeamFilter):
    """Teams' own budgets, and those of their people's wallets."""

    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        return Q(user_id__in=people_of(request, team_id)) | Q(team_id=team_id)


class LimitTeamFilter(TeamFilter):
    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        return Q(user_id__in=people_of(request, team_id))


class RequestTeamFilter(TeamFilter):
    """By who asks."""

    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        return Q(requested_by__in=people_of(request, team_id))


class CategoryFilter(admin.SimpleListFilter):
    """The categories that budgets here are for."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        each = Func("categories", function="unnest", output_field=CharField())
        named = budgets_visible_to(signed_in(request)).annotate(category=each).values_list("category", flat=True)
        return [(name, name) for name in named.order_by("category").distinct()[:MOST_CATEGORIES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> QuerySet[Budget]:
        wanted = self.value()
        return queryset if wanted is None else queryset.filter(categories__contains=[wanted])
