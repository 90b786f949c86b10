"""The list of wallets: whose they are, what they hold, how their owners stand; a row opens to its last movements."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.decorators import display
from unfold.sections import TemplateSection

from compliance.admin.staff import signed_in
from compliance.api.looks import PERSONAL_LIST, note_looks
from ledger.admin.cells import EMPTY, label_cell, money_cell, time_cell
from ledger.admin.screens import ReadOnlyAdmin
from ledger.selectors.balances import wallet_figures
from ledger.selectors.clock import DatabaseClock
from ledger.selectors.recent import recent_lines
from wallets.admin.breaking import lock_cell
from wallets.admin.filters import ActivityFilter, BalanceFilter, CurrencyFilter, LockFilter, WalletTeamFilter
from wallets.admin.pages import movement_rows
from wallets.models import Wallet
from wallets.selectors.wallets import wallets_visible_to, with_lock

LAST_IN_LIST = 5
CHECKS = ("kyc_status", "risk_level")
"""How the owner of a wallet stands with compliance: columns of the user."""


def may_see_checks(request: HttpRequest) -> bool:
    """Whether the owners' checks are for these eyes: for whoever may open their pages."""
    return signed_in(request).has_perm("compliance.view_user")


def fields_seen(request: HttpRequest) -> tuple[str, ...]:
    """What a list or page of wallets shows of their owners, for the record of looks."""
    return (*PERSONAL_LIST, *CHECKS) if may_see_checks(request) else PERSONAL_LIST


class MiniStatement(TemplateSection):  # type: ignore[misc]  # Unfold is untyped
    """What a row opens to. The page has read it for all of its rows."""

    template_name = "admin/wallets/wallet/mini.html"


class ListedWallets(ReadOnlyAdmin):
    list_display = (
        "owner",
        "team",
        "kind",
        "balance",
        "available",
        "reserved",
        "status_label",
        *(name.split("_")[0] for name in CHECKS),
        "last_activity",
    )
    list_filter = (
        "status",
        WalletTeamFilter,
        CurrencyFilter,
        "type",
        BalanceFilter,
        *(f"user__{name}" for name in CHECKS),
        ActivityFilter,
        LockFilter,
    )
    list_sections = (MiniStatement,)
    search_ids = ("id", "user_id")
    search_parts = ("user__first_name", "user__last_name", "user__email")
    search_help_text = "Name or e-mail of the owner, or a whole id"
    ordering = ("user__last_name", "user__first_name", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wallet]:
        """With the instant at which a row was looked at, which is that of its page."""
        wallets = with_lock(wallets_visible_to(signed_in(request))).select_related("user__team", "user__company")
        seen: QuerySet[Any] = wallets.annotate(now=DatabaseClock())
        return seen

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        hidden = () if may_see_checks(request) else ("kyc", "risk")
        return tuple(name for name in self.list_display if name not in hidden)

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        hidden = () if may_see_checks(request) else tuple(f"user__{name}" for name in CHECKS)
        return tuple(listed for listed in self.list_filter if listed not in hidden)

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their figures and last movements, in a constant number of queries."""
        figures = wallet_figures([wallet.id for wallet in rows])
        lines = recent_lines({wallet.id: wallet.currency for wallet in rows}, most=LAST_IN_LIST)
        for wallet in rows:
            wallet.figures = figures[wallet.id]
            wallet.last_movements = movement_rows(lines[wallet.id])
        note_looks(request, [wallet.user_id for wallet in rows], fields_seen(request))
        return rows

    @display(header=True, ordering="user__last_name")  # type: ignore[untyped-decorator]  # Unfold is untyped
    def owner(self, wallet: Wallet) -> list[str]:
        person = wallet.user
        return [person.get_full_name(), person.email, f"{person.first_name[:1]}{person.last_name[:1]}"]

    @admin.display(ordering="user__team__name")
    def team(self, wallet: Wallet) -> str:
        return wallet.user.team.name if wallet.user.team else EMPTY

    @admin.display(description="Type", ordering="type")
    def kind(self, wallet: Wallet) -> str:
        return wallet.type.capitalize()

    @admin.display(description="Status", ordering="status")
    def status_label(self, wallet: Wallet) -> str:
        """With the lock below, if an operation holds it."""
        lock = lock_cell(wallet)
        if lock == EMPTY:
            return label_cell(wallet.status)
        return format_html('{}<span class="below" title="{}">locked</span>', label_cell(wallet.status), lock)

    @admin.display(description="KYC", ordering="user__kyc_status")
    def kyc(self, wallet: Wallet) -> str:
        return label_cell(wallet.user.kyc_status)

    @admin.display(description="Risk", ordering="user__risk_level")
    def risk(self, wallet: Wallet) -> str:
        return label_cell(wallet.user.risk_level)

    @admin.display(description="Last activity")
    def last_activity(self, wallet: Any) -> Any:
        at = wallet.figures.updated_at
        return EMPTY if at is None else time_cell(at)

    @admin.display
    def balance(self, wallet: Any) -> str:
        return money_cell(wallet.figures.total, wallet.currency)

    @admin.display
    def available(self, wallet: Any) -> str:
        return money_cell(wallet.figures.available, wallet.currency)

    @admin.display
    def reserved(self, wallet: Any) -> str:
        return money_cell(wallet.figures.reserved, wallet.currency)
