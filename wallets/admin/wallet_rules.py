"""The budgets and limits of a wallet on its page, and the buttons that set more of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from budgets.models.vocabulary import BudgetStatus, LimitStatus
from budgets.selectors.budgets import view_budgets
from budgets.selectors.limits import limit_figures, limit_name
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_over_others
from ledger.admin.cells import EMPTY, label_cell
from ledger.admin.screens import ReadOnlyAdmin, Table
from wallets.admin.budgets.bars import budget_bar, pace
from wallets.admin.budgets.pages import budget_link
from wallets.admin.budgets.setting import NEW_BUDGET, NewBudgetForm, set_from_dialog
from wallets.admin.dialogs import tell
from wallets.admin.limit_forms import NEW_LIMIT, NewLimitForm, may_limit
from wallets.admin.limits import amount_cell, count_cell
from wallets.models import Wallet, WalletStatus
from wallets.selectors.budgets import budgets_visible_to, limits_visible_to
from wallets.services.limits import put_limit

KEEPERS = roles_over_others("budgets.set")
RULES = ("new_budget", "new_limit")
"""The names of the buttons."""
MOST = 20


class RuledWallets(ReadOnlyAdmin):
    """The screen of wallets, as far as it is about their budgets and limits."""

    def has_set_rules_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a wallet that is visible. Whether it is this person's to do, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="New budget", permissions=["set_rules"], dialog=NEW_BUDGET, icon="add"
    )
    def new_budget(self, request: HttpRequest, form: NewBudgetForm, object_id: str) -> HttpResponse:
        wallet = self.visible(request, object_id)
        return set_from_dialog(request, form, wallet_id=wallet.id, team_id=None, back=_url(wallet))

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="New limit", permissions=["set_rules"], dialog=NEW_LIMIT, icon="speed"
    )
    def new_limit(self, request: HttpRequest, form: NewLimitForm, object_id: str) -> HttpResponse:
        wallet, reason = self.visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            limit = put_limit(
                caller=signed_in(request), spec=form.spec(wallet), reason=reason, origin=origin_of_admin(request)
            )
            return f"{limit_name(limit)} is set."

        return tell(request, act, _url(wallet))


def rules_offered(request: HttpRequest, wallet: Wallet) -> set[str]:
    """The names of the buttons that whoever is signed in may use on a wallet."""
    caller = signed_in(request)
    is_offered = wallet.status != WalletStatus.CLOSED and caller.role in KEEPERS
    return set(RULES) if is_offered and may_limit(caller, wallet.user_id) else set()


def rule_tables(request: HttpRequest, wallet: Wallet, now: datetime) -> list[Table]:
    """The wallet's budgets, and the limits of it and of its owner, as they stand now."""
    return [_budgets_table(request, wallet, now), _limits_table(request, wallet, now)]


def _budgets_table(request: HttpRequest, wallet: Wallet, now: datetime) -> Table:
    kept = budgets_visible_to(signed_in(request)).filter(wallet_id=wallet.id).exclude(status=BudgetStatus.EXPIRED)
    rows: list[list[Any]] = [
        [
            budget_link(view.budget),
            view.period.key if view.period else EMPTY,
            budget_bar(view, now),
            pace(view, now),
            label_cell(view.budget.enforcement),
            label_cell(view.budget.status),
        ]
        for view in view_budgets(kept.order_by("name", "id")[:MOST])
    ]
    headers = ("Budget", "Period", "Spent, reserved, left", "Use and time", "Mode", "Status")
    return Table("Budgets", headers, rows, _all("budget", wallet, "All budgets of this wallet, ended ones too"))


def _limits_table(request: HttpRequest, wallet: Wallet, now: datetime) -> Table:
    binding = limits_visible_to(signed_in(request)).filter(user_id=wallet.user_id, status=LimitStatus.ACTIVE)
    mine: list[Any] = [limit for limit in binding.order_by("created_at", "id") if limit.wallet_id in (None, wallet.id)]
    figures = limit_figures(mine[:MOST], now)
    for limit in mine[:MOST]:
        limit.figures = figures[limit.id]
    rows: list[list[Any]] = [
        [
            format_html(
                '<a class="text-link" href="{}">{}</a>',
                reverse("admin:budgets_limit_change", args=[limit.id]),
                limit_name(limit),
            ),
            "This wallet" if limit.wallet_id else "All wallets together",
            limit.currency,
            amount_cell(limit),
            count_cell(limit),
            limit.figures.resets_at or EMPTY,
        ]
        for limit in mine[:MOST]
    ]
    headers = ("Limit", "Covers", "Currency", "Of the amount", "Of the number", "Starts anew")
    return Table("Limits", headers, rows)


def _all(model: str, wallet: Wallet, text: str) -> str:
    url = reverse(f"admin:budgets_{model}_changelist", query={"q": str(wallet.id)})
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def _url(wallet: Wallet) -> str:
    return reverse("admin:wallets_wallet_change", args=[wallet.id])
