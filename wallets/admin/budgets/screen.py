"""Budgets in the back office: how much of each is used and how fast, and what may be changed about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import Enforcement
from budgets.selectors.budgets import BudgetView
from budgets.selectors.figures import figures_of
from budgets.selectors.forecasts import views_with_outlooks
from budgets.selectors.periods import get_period, periods_of
from compliance.admin.staff import signed_in
from compliance.models import User
from ledger.admin.cells import EMPTY, id_cell, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.errors import NotFound
from ledger.selectors.clock import database_now
from wallets.admin.budgets.backtests import answer_of
from wallets.admin.budgets.bars import budget_bar, pace
from wallets.admin.budgets.buttons import BudgetButtons
from wallets.admin.budgets.charts import daily_chart, waterfall
from wallets.admin.budgets.files import COLUMNS, budget_lines
from wallets.admin.budgets.filters import BudgetTeamFilter, CategoryFilter, NearFilter
from wallets.admin.budgets.forecasts import forecast_cell, forecast_words
from wallets.admin.budgets.pages import (
    alerts_table,
    budget_link,
    children_of,
    children_table,
    decisions_table,
    revisions_shown,
    revisions_table,
)
from wallets.admin.budgets.setting import ROLLOVERS
from wallets.admin.csv_files import chart_file
from wallets.admin.owners import categories_cell, owners_of
from wallets.selectors.budgets import budgets_visible_to

MOST_PERIODS = 60


@admin.register(Budget)
class BudgetAdmin(BudgetButtons):
    list_display = (
        "name_label",
        "owner",
        "period",
        "use",
        "pace_label",
        "forecast",
        "enforcement_label",
        "status_label",
    )
    list_filter = (NearFilter, "enforcement", "period_type", "scope", BudgetTeamFilter, CategoryFilter, "status")
    search_ids = ("id", "wallet_id", "user_id", "team_id", "parent_id")
    search_parts = ("name",)
    search_help_text = "Name of a budget or of its owner, or a whole id"
    ordering = ("name", "id")
    sortable_by = ("name_label",)
    has_tick = True
    list_before_template = "admin/budgets/list.html"
    change_form_outer_before_template = "admin/budgets/period.html"
    change_form_outer_after_template = "admin/budgets/below.html"
    fields = (
        ("name", "status_label"),
        ("owner", "scope"),
        ("amount_label", "period_type"),
        ("enforcement_label", "buffer_label"),
        ("categories_label", "thresholds_label"),
        ("rollover_label", "rollover_cap_label"),
        ("refunds_to", "grace_days"),
        ("start_date", "last_day"),
        ("parent_label", "children_mode"),
        ("zone", "id"),
        ("created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        return budgets_visible_to(signed_in(request))

    def matching(self, term: str) -> Q:
        """By the owner's name too, which another floor knows; whose budgets are seen at all, `get_queryset` says."""
        named = (
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
            for word in term.split()
        )
        people = User.objects.filter(reduce(and_, named))
        return super().matching(term) | Q(user_id__in=people.values("id"))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their current periods and owners, in the same few queries however many."""
        return _shown(request, rows)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        budget = options["obj"]
        _shown(request, [budget])
        budget.above = self.get_queryset(request).filter(id=budget.parent_id).first() if budget.parent_id else None
        period = self._chosen(request, budget)
        context["period"], context["bar"], context["pace"] = period, self.use(budget), self.pace_label(budget)
        context["periods"] = periods_of(budget.id).order_by("-starts_at").values_list("key", flat=True)[:MOST_PERIODS]
        context["forecast"] = forecast_words(budget.outlook)
        context["backtest_form"], context["backtest"] = answer_of(request, budget)
        context["chosen_period"] = request.GET.get("period", "")
        if period is not None:
            context |= _drawings(budget, period)
        return super().render_change_form(request, context, **options)

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        period, children, revisions = self._chosen(request, row), children_of(request, row), revisions_shown(row)
        owners = owners_of(request, children, others=[revision.changed_by for revision in revisions])
        return [
            *([children_table(children, row, owners, row.now)] if children else []),
            decisions_table(request, row),
            *([alerts_table(period)] if period else []),
            revisions_table(revisions, row, owners),
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:object_id>/days/<str:key>/", view(self.download_days), name="budgets_budget_days"),
            *super().get_urls(),
        ]

    def export_header(self, request: HttpRequest) -> Sequence[object]:
        return COLUMNS

    def export_lines(self, request: HttpRequest, rows: list[Any]) -> Iterator[Sequence[object]]:
        """More than the list shows, in figures; and people are ids in it."""
        return budget_lines(rows)

    def download_days(self, request: HttpRequest, object_id: UUID, key: str) -> HttpResponse:
        """The chart of days as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        budget = self.visible(request, str(object_id))
        period = _period_of(budget, key)
        chart = daily_chart(period, database_now())
        if chart is None:
            raise Http404
        return chart_file(request, chart, f"budget-{budget.id.hex[-8:]}-{period.key}")

    def _chosen(self, request: HttpRequest, budget: Any) -> BudgetPeriod | None:
        """The period that was picked; without a pick the current one, or the last there was."""
        key = request.GET.get("period")
        if key:
            return _period_of(budget, key)
        view: BudgetView = budget.view
        return view.period or periods_of(budget.id).order_by("-starts_at").first()

    @admin.display(description="Name", ordering="name")
    def name_label(self, budget: Budget) -> str:
        return budget.name

    @admin.display(description="Of")
    def owner(self, budget: Any) -> str:
        return str(budget.owners.cell(budget))

    @admin.display(description="Period")
    def period(self, budget: Any) -> str:
        key = budget.view.period.key if budget.view.period else EMPTY
        return format_html("{}<br><span class='text-subtle'>{}</span>", key, budget.get_period_type_display())

    @admin.display(description="Spent, reserved, left")
    def use(self, budget: Any) -> str:
        return budget_bar(budget.view, budget.now)

    @admin.display(description="Use and time")
    def pace_label(self, budget: Any) -> str:
        return pace(budget.view, budget.now)

    @admin.display(description="Forecast")
    def forecast(self, budget: Any) -> str:
        return forecast_cell(budget.outlook)

    @admin.display(description="Mode", ordering="enforcement")
    def enforcement_label(self, budget: Budget) -> str:
        return label_cell(budget.enforcement)

    @admin.display(description="Status", ordering="status")
    def status_label(self, budget: Budget) -> str:
        return label_cell(budget.status)

    @admin.display(description="Each period starts with")
    def amount_label(self, budget: Budget) -> str:
        return money_cell(budget.amount, budget.currency)

    @admin.display(description="May be exceeded by")
    def buffer_label(self, budget: Budget) -> str:
        if budget.enforcement != Enforcement.BLOCK:
            return "any amount"
        return (
            f"{budget.buffer_percent} %" if budget.buffer_percent else money_cell(budget.buffer_amount, budget.currency)
        )

    @admin.display(description="Categories")
    def categories_label(self, budget: Budget) -> str:
        return categories_cell(budget.categories)

    @admin.display(description="Told at")
    def thresholds_label(self, budget: Budget) -> str:
        return ", ".join(f"{threshold} %" for threshold in budget.thresholds) or EMPTY

    @admin.display(description="Carried into the next period")
    def rollover_label(self, budget: Budget) -> str:
        return dict(ROLLOVERS)[budget.rollover]

    @admin.display(description="Most that is carried over")
    def rollover_cap_label(self, budget: Budget) -> str:
        return EMPTY if budget.rollover_cap is None else money_cell(budget.rollover_cap, budget.currency)

    @admin.display(description="Last day")
    def last_day(self, budget: Budget) -> Any:
        return EMPTY if budget.end_date is None else budget.end_date - timedelta(days=1)

    @admin.display(description="Budget above it")
    def parent_label(self, budget: Any) -> str:
        """Its name is for those who see that budget too."""
        return id_cell(budget.parent_id) if budget.above is None else budget_link(budget.above)


def _shown(request: HttpRequest, budgets: list[Any]) -> list[Any]:
    owners, now = owners_of(request, budgets), database_now()
    for view, outlook in views_with_outlooks(budgets, now):
        shown: Any = view.budget
        shown.view, shown.owners, shown.now, shown.outlook = view, owners, now, outlook
    return budgets


def _period_of(budget: Budget, key: str) -> BudgetPeriod:
    try:
        return get_period(budget.id, key)
    except NotFound:
        raise Http404 from None


def _drawings(budget: Any, period: BudgetPeriod) -> dict[str, Any]:
    view: BudgetView = budget.view
    figures = view.figures if view.period == period else None
    figures = figures or figures_of([period])[period.id]
    url = reverse("admin:budgets_budget_days", args=[budget.id, period.key])
    chart = daily_chart(period, budget.now)
    return {"falls": waterfall(figures, budget.currency), "chart": chart, "file_url": url}
