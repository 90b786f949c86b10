from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from ledger.admin.filters import AmountFilter
from ledger.selectors.assets import WALLET_CURRENCIES
from ledger.selectors.balances import total_of_wallet, touched_since
from ledger.selectors.clock import DatabaseClock, database_now
from wallets.admin.team_filter import TeamFilter
from wallets.models import Wallet


class WalletTeamFilter(TeamFilter):
    def of_team(self, request: HttpRequest, team_id: UUID) -> Q:
        return Q(user__team_id=team_id)


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


class ActivityFilter(admin.SimpleListFilter):
    """When something last happened to a wallet: money, holds, its status."""

    title = "last activity"
    parameter_name = "activity"
    days: ClassVar[dict[str, int]] = {"day": 1, "week": 7, "month": 31, "quarter": 92}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        within = [("day", "Last 24 hours"), ("week", "Last 7 days"), ("month", "Last 31 days")]
        return [*within, ("no-month", "None for 31 days"), ("no-quarter", "None for 92 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Wallet]) -> QuerySet[Wallet]:
        wanted = self.value() or ""
        days = self.days.get(wanted.removeprefix("no-"))
        if days is None:
            return queryset
        is_touched = touched_since("id", database_now() - timedelta(days=days))
        return queryset.exclude(is_touched) if wanted.startswith("no-") else queryset.filter(is_touched)


class BalanceFilter(AmountFilter):
    """All that is there, spoken for or not, in the wallets' own currencies."""

    title = "balance"
    boxes = {"balance_from": "From", "balance_to": "To"}
    column = "held_in_all"

    def narrowed(self, queryset: QuerySet[Wallet]) -> QuerySet[Wallet]:
        return super().narrowed(queryset.annotate(held_in_all=total_of_wallet("id")))
