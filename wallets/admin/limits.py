"""Limits in the back office: how much and how often somebody may spend, what is left of it, and when it starts anew."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from budgets.models import Limit
from budgets.models.vocabulary import LimitStatus
from budgets.selectors.limits import limit_figures, limit_name
from compliance.admin.staff import signed_in
from compliance.api.origin import origin_of_admin
from compliance.core.roles import roles_over_others
from ledger.admin.cells import EMPTY, label_cell, money_cell
from ledger.admin.screens import ReadOnlyAdmin
from ledger.selectors.assets import get_asset
from wallets.admin.budgets.bars import usage_bar
from wallets.admin.budgets.filters import LimitTeamFilter
from wallets.admin.dialogs import HistoryReasonForm, tell
from wallets.admin.filters import CurrencyFilter
from wallets.admin.form_fields import dialog
from wallets.admin.limit_forms import CHANGE_LIMIT, ChangeLimitForm, may_limit
from wallets.admin.owners import owners_for
from wallets.selectors.budgets import limits_visible_to
from wallets.services.limits import put_limit, stop_limit

KEEPERS = roles_over_others("budgets.set")
END = dialog(
    "End this limit?", "Nothing asks it any more. This is final; a new one can be set.", HistoryReasonForm, "End"
)


@admin.register(Limit)
class LimitAdmin(ReadOnlyAdmin):
    list_display = ("name_label", "owner", "wallet", "amount_bar", "count_bar", "resets", "status_label")
    list_filter = ("status", "window", "limited_type", CurrencyFilter, LimitTeamFilter)
    search_ids = ("id", "user_id", "wallet_id")
    search_help_text = "Whole id of a limit, a user or a wallet"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_before_template = "admin/budgets/list.html"
    export_also = {"Currency": "currency"}
    fields = (
        ("name_label", "status_label"),
        ("owner", "wallet"),
        ("amount_bar", "count_bar"),
        ("single", "resets"),
        ("window", "limited_type"),
        ("zone", "id"),
        ("created_at", "updated_at"),
    )
    actions_detail = ("change_figures", "end")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Limit]:
        return limits_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their present windows and owners, in the same few queries however many."""
        return shown_limits(request, rows)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        shown_limits(request, [options["obj"]])
        return super().render_change_form(request, context, **options)

    @admin.display(description="Limit")
    def name_label(self, limit: Limit) -> str:
        return limit_name(limit)

    @admin.display(description="Of")
    def owner(self, limit: Any) -> str:
        return str(limit.owners.person(limit.user_id))

    @admin.display(description="Wallet")
    def wallet(self, limit: Limit) -> str:
        if limit.wallet_id is None:
            return "All together"
        url = reverse("admin:wallets_wallet_change", args=[limit.wallet_id])
        return format_html('<a class="text-link" href="{}">One wallet</a>', url)

    @admin.display(description="Amount")
    def amount_bar(self, limit: Any) -> str:
        return amount_cell(limit)

    @admin.display(description="Number of spends")
    def count_bar(self, limit: Any) -> str:
        return count_cell(limit)

    @admin.display(description="Starts anew")
    def resets(self, limit: Any) -> Any:
        return limit.figures.resets_at or EMPTY

    @admin.display(description="Most of one spend")
    def single(self, limit: Limit) -> str:
        return money_cell(limit.max_amount, limit.currency) if limit.window == "PER_TRANSACTION" else EMPTY

    @admin.display(description="Status", ordering="status")
    def status_label(self, limit: Limit) -> str:
        return label_cell(limit.status)

    # -- What is done. Each has a dialog: without one, Unfold runs actions on GET.

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a limit that is visible. Whether it is this person's to change, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        limit = self.visible(request, object_id)
        if limit.status != LimitStatus.ACTIVE or not may_limit(signed_in(request), limit.user_id):
            return []
        buttons: list[Any] = self._get_base_actions_detail()
        return buttons

    @action(description="Change", permissions=["keep"], dialog=CHANGE_LIMIT, icon="edit")  # type: ignore[untyped-decorator]
    def change_figures(self, request: HttpRequest, form: ChangeLimitForm, object_id: str) -> HttpResponse:
        limit, reason = self.visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            spec = form.spec(limit)
            put_limit(caller=signed_in(request), spec=spec, reason=reason, origin=origin_of_admin(request))
            return "The limit is changed."

        return tell(request, act, _url(limit))

    @action(description="End", permissions=["keep"], dialog=END, icon="event_busy")  # type: ignore[untyped-decorator]
    def end(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        limit, reason = self.visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            stop_limit(caller=signed_in(request), limit=limit, reason=reason, origin=origin_of_admin(request))
            return "The limit is ended."

        return tell(request, act, _url(limit))


def shown_limits(request: HttpRequest, limits: list[Any]) -> list[Any]:
    """Limits with their figures and the names of whose they are."""
    figures, owners = limit_figures(limits), owners_for(request, [limit.user_id for limit in limits])
    for limit in limits:
        limit.figures, limit.owners = figures[limit.id], owners
    return limits


def amount_cell(limit: Any) -> str:
    """What is used and left of the amount. One that looks at each spend alone has nothing to draw."""
    if limit.figures.amount is None and limit.max_amount is not None:
        return money_cell(limit.max_amount, limit.currency)
    return usage_bar(limit.figures.amount, limit.currency, get_asset(limit.currency).cash_scale) or EMPTY


def count_cell(limit: Any) -> str:
    return usage_bar(limit.figures.count, "spends", 0) or EMPTY


def _url(limit: Limit) -> str:
    return reverse("admin:budgets_limit_change", args=[limit.id])
