"""Which holds a list shows: those that soon expire, that are old, or of a team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from ledger.selectors.clock import DatabaseClock, database_now
from wallets.admin.team_filter import TeamFilter
from wallets.selectors.wallets import wallets_visible_to


class ExpiryFilter(admin.SimpleListFilter):
    title = "deadline"
    parameter_name = "deadline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("soon", "Within 24 hours"), ("over", "Has passed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_open = queryset.filter(status="ACTIVE")
        match self.value():
            case "soon":
                until = database_now() + timedelta(days=1)
                return is_open.filter(expires_at__gt=DatabaseClock(), expires_at__lte=until)
            case "over":
                return is_open.filter(expires_at__lte=DatabaseClock())
            case _:
                return queryset


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"
    days: ClassVar[dict[str, int]] = {"day": 1, "week": 7, "month": 31}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("day", "Over 24 hours"), ("week", "Over 7 days"), ("month", "Over 31 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.days.get(self.value() or "")
        return queryset if days is None else queryset.filter(created_at__lt=database_now() - timedelta(days=days))


class HoldTeamFilter(TeamFilter):
    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        wallets = wallets_visible_to(signed_in(request)).filter(user__team_id=team_id)
        return Q(wallet_id__in=wallets.values("id"))
