"""How the lists of approvals are narrowed down: whose they are, what they ask for, how much, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from ledger.selectors.clock import database_now
from wallets.admin.team_filter import TeamFilter
from wallets.models import Approval
from wallets.selectors.approvals import waiting_for
from wallets.services.approvals.registry import OPERATIONS

WAITING, MINE, ALL = "waiting", "mine", "all"
TABS = {WAITING: "Waiting for me", MINE: "Mine", ALL: "All"}
BANDS = {"100": "100 and more", "1000": "1,000 and more", "10000": "10,000 and more"}
AGES = {"4": "4 hours and more", "24": "1 day and more", "48": "2 days and more"}


class WhoseFilter(admin.SimpleListFilter):
    """The tabs of the screen. Without a choice it is what waits for whoever is signed in."""

    title = "whose"
    parameter_name = "whose"
    template = "admin/approvals/in_tabs.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return list(TABS.items())

    def value(self) -> str:
        asked = super().value()
        return asked if asked in TABS else WAITING

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        match self.value():
            case "waiting":
                return queryset.filter(id__in=waiting_for(signed_in(request)).values("id"))
            case "mine":
                return queryset.filter(requested_by=signed_in(request).id)
            case _:
                return queryset


class OperationFilter(admin.SimpleListFilter):
    title = "type"
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(name, operation.title) for name, operation in sorted(OPERATIONS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        wanted = self.value()
        return queryset if wanted is None else queryset.filter(operation=wanted)


class SubjectTeamFilter(TeamFilter):
    """By the team of the person whom it is about."""

    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        return Q(subject_user__team_id=team_id)


class AmountFilter(admin.SimpleListFilter):
    """In whatever currency: it sorts large from small, it adds nothing up."""

    title = "amount"
    parameter_name = "amount"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return list(BANDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        wanted = self.value()
        return queryset.filter(amount__gte=Decimal(wanted)) if wanted in BANDS else queryset


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return list(AGES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        wanted = self.value()
        if wanted not in AGES:
            return queryset
        return queryset.filter(created_at__lte=database_now() - timedelta(hours=int(wanted)))
