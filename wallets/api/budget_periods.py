"""`/v1/budgets/{budget_id}/history` and `/periods`: what a budget was, and what became of each period (R62)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import BudgetPeriod, BudgetRevision
from budgets.models.vocabulary import Effective
from budgets.selectors.figures import PeriodFigures, figures_of
from budgets.selectors.periods import get_period, periods_of, revisions_of
from compliance.api.authentication import caller_of
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.api.budget_views import EXAMPLE, figures_view, span_view, used_percent
from wallets.api.budgets import READERS
from wallets.selectors.budgets import get_visible_budget

REVISION_EXAMPLE = {
    "version": 3,
    "old_amount": "600.00",
    "new_amount": "100.00",
    "effective": "NOW",
    "period_key": "2026-03",
    "changes": {"base": {"before": "600", "after": "100"}},
    "change_reason": "Fewer trips this year.",
    "changed_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "created_at": "2026-03-14T16:05:12.000000Z",
}
PERIOD_EXAMPLE = {
    "budget_id": EXAMPLE["budget_id"],
    "key": "2026-03",
    "starts_at": "2026-02-28T23:00:00.000000Z",
    "ends_at": "2026-03-31T22:00:00.000000Z",
    "currency": "EUR",
    "total_amount": "600.00",
    "base_amount": "600.00",
    "carry_in": "0.00",
    "adjustments": "0.00",
    "used_amount": "150.00",
    "reserved_amount": "0.00",
    "remaining_amount": "450.00",
    "carried_out": "0.00",
    "used_percent": 25,
    "opened_at": "2026-02-28T00:00:12.000000Z",
    "closed_at": None,
}


class RevisionAnswer(serializers.Serializer[Any]):
    """One change: the amounts, and in `changes` every other field before and after."""

    version = serializers.IntegerField()
    old_amount = serializers.CharField(allow_null=True, help_text="Empty for the first.")
    new_amount = serializers.CharField()
    effective = serializers.ChoiceField(tuple(Effective.values))
    period_key = serializers.CharField(allow_null=True, help_text="The period whose allowance changed.")
    changes = serializers.DictField()
    change_reason = serializers.CharField()
    changed_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class PeriodAnswer(serializers.Serializer[Any]):
    """A period: total − carried_out = used + reserved + remaining."""

    budget_id = serializers.UUIDField()
    key = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    currency = serializers.CharField()
    total_amount = serializers.CharField()
    base_amount = serializers.CharField()
    carry_in = serializers.CharField()
    adjustments = serializers.CharField()
    used_amount = serializers.CharField()
    reserved_amount = serializers.CharField()
    remaining_amount = serializers.CharField()
    carried_out = serializers.CharField(help_text="What has gone on into the next period.")
    used_percent = serializers.IntegerField(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


def revision_view(revision: BudgetRevision, scale: int) -> dict[str, Any]:
    old = None if revision.old_amount is None else format_amount(revision.old_amount, scale)
    return {
        "version": revision.version,
        "old_amount": old,
        "new_amount": format_amount(revision.new_amount, scale),
        "effective": revision.effective,
        "period_key": revision.period_key or None,
        "changes": revision.changes,
        "change_reason": revision.change_reason,
        "changed_by": None if revision.changed_by is None else str(revision.changed_by),
        "created_at": rfc3339(revision.created_at),
    }


def period_view(period: BudgetPeriod, figures: PeriodFigures) -> dict[str, Any]:
    currency = period.budget.currency
    scale = get_asset(currency).cash_scale
    return {
        "budget_id": str(period.budget_id),
        **span_view(period),
        "currency": currency,
        **figures_view(figures, scale),
        "carried_out": format_amount(figures.carried_out, scale),
        "used_percent": used_percent(figures),
        "opened_at": rfc3339(period.opened_at),
        "closed_at": rfc3339(period.closed_at),
    }


class BudgetHistoryView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List the changes of a budget",
        query=PageQuery,
        answer=page_of(RevisionAnswer),
        codes=("pagination.invalid",),
        example={"data": [REVISION_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Who changed it when and why; the first one set it.",
    )
    def get(self, request: Request, budget_id: UUID) -> Response:
        budget = get_visible_budget(caller_of(request), budget_id)
        scale = get_asset(budget.currency).cash_scale
        page = paginate(revisions_of(budget.id), self.query(PageQuery))
        return Response(page.body(lambda revision: revision_view(revision, scale)))


class BudgetPeriodsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List the periods of a budget",
        query=PageQuery,
        answer=page_of(PeriodAnswer),
        codes=("pagination.invalid",),
        example={"data": [PERIOD_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="With what each allowed and what became of it, by when they begin.",
    )
    def get(self, request: Request, budget_id: UUID) -> Response:
        budget = get_visible_budget(caller_of(request), budget_id)
        page = paginate(periods_of(budget.id), self.query(PageQuery), time="starts_at")
        figures = figures_of(page.rows)
        return Response(page.body(lambda period: period_view(period, figures[period.id])))


class BudgetPeriodView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a period of a budget",
        answer=PeriodAnswer,
        example=PERIOD_EXAMPLE,
        description="By its key: `2026-W13`, `2026-03`, `2026-Q1`, `2026`, `2026-03-29..2026-04-15`.",
    )
    def get(self, request: Request, budget_id: UUID, key: str) -> Response:
        budget = get_visible_budget(caller_of(request), budget_id)
        period = get_period(budget.id, key)
        return Response(period_view(period, figures_of([period])[period.id]))
