from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.selectors.scope import teams_visible_to
from ledger.admin.screens import as_id
from ledger.selectors.assets import WALLET_CURRENCIES
from ledger.selectors.clock import DatabaseClock
from wallets.models import Wallet


class TeamFilter(admin.SimpleListFilter):
    """The visible teams; Django's own filter would name those of every company."""

    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        teams = teams_visible_to(signed_in(request)).order_by("name")
        return [(str(id), name) for id, name in teams.values_list("id", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Wallet]) -> QuerySet[Wallet]:
        wanted = self.value()
        if wanted is None:
            return queryset
        team_id = as_id(wanted)
        return queryset.none() if team_id is None else queryset.filter(user__team_id=team_id)


class CurrencyFilter(admin.SimpleListFilter):
    title = "currency"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(code, code) for code in WALLET_CURRENCIES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Wallet]) -> QuerySet[Wallet]:
        wanted = self.value()
        return queryset if wanted is None else queryset.filter(currency=wanted)


class LockFilter(admin.SimpleListFilter):
    title = "lock"
    parameter_name = "lock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("held", "Held by an operation"), ("free", "Free")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Wallet]) -> QuerySet[Wallet]:
        is_held = Q(lock__expires_at__gt=DatabaseClock())
        match self.value():
            case "held":
                return queryset.filter(is_held)
            case "free":
                return queryset.exclude(is_held)
            case _:
                return queryset
