"""Budgets as docs/interface.md shows them, and the answers that are kept under a key."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers

from budgets.errors import BudgetEnded, BudgetOverlap, BudgetTooSmall, ParentExceeded
from budgets.models import Budget, BudgetPeriod
from budgets.models.vocabulary import (
    BudgetStatus,
    ChildrenMode,
    Enforcement,
    PeriodType,
    RefundsTo,
    Rollover,
    Scope,
)
from budgets.selectors.budgets import BudgetView, view_budgets
from budgets.selectors.figures import PeriodFigures
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import EXACT, format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.services.claims import Reply
from ledger.services.replies import Wish, answer_once, remember_refusal
from wallets.api.replies import answer, claim_of, origin_of, problem_reply

SCOPES, PERIOD_TYPES = tuple(Scope.values), tuple(PeriodType.values)
STATUSES, ENFORCEMENTS = tuple(BudgetStatus.values), tuple(Enforcement.values)
ROLLOVERS, REFUNDS_TO, CHILDREN_MODES = tuple(Rollover.values), tuple(RefundsTo.values), tuple(ChildrenMode.values)
DECIDED = (BudgetOverlap, BudgetEnded, ParentExceeded, BudgetTooSmall)
"""Refusals that are kept under the key of what was refused."""
_ONE_DAY = timedelta(days=1)

EXAMPLE = {
    "budget_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0b1",
    "scope": "WALLET",
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "team_id": None,
    "parent_id": None,
    "children_mode": "CAP",
    "name": "Monthly travel budget",
    "total_amount": "600.00",
    "base_amount": "600.00",
    "carry_in": "0.00",
    "adjustments": "0.00",
    "used_amount": "150.00",
    "reserved_amount": "0.00",
    "remaining_amount": "450.00",
    "used_percent": 25,
    "elapsed_percent": 43,
    "currency": "EUR",
    "period_type": "MONTHLY",
    "start_date": "2026-03-01",
    "end_date": None,
    "period": {
        "key": "2026-03",
        "starts_at": "2026-02-28T23:00:00.000000Z",
        "ends_at": "2026-03-31T22:00:00.000000Z",
    },
    "status": "ACTIVE",
    "enforcement": "BLOCK",
    "buffer_amount": "0.00",
    "buffer_percent": 0,
    "thresholds": [80, 100],
    "rollover": "SURPLUS",
    "rollover_cap": "100.00",
    "refunds_to": "ORIGIN",
    "grace_days": 5,
    "categories": ["travel"],
    "created_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "created_at": "2026-03-01T09:30:00.000000Z",
    "updated_at": "2026-03-01T09:30:00.000000Z",
    "version": 2,
}


class PeriodSpanAnswer(serializers.Serializer[Any]):
    key = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="The first moment after it.")


class BudgetAnswer(serializers.Serializer[Any]):
    """A budget with what its current period allows and what is left of it. Without a current period (it has not begun,
    or has ended) `period` and what is used, reserved and left are null, and `total_amount` is what a period starts
    with."""

    budget_id = serializers.UUIDField()
    scope = serializers.ChoiceField(SCOPES)
    wallet_id = serializers.UUIDField(allow_null=True)
    user_id = serializers.UUIDField(allow_null=True)
    team_id = serializers.UUIDField(allow_null=True)
    parent_id = serializers.UUIDField(allow_null=True)
    children_mode = serializers.ChoiceField(CHILDREN_MODES)
    name = serializers.CharField()
    total_amount = serializers.CharField(
        help_text="base_amount + carry_in + adjustments = used + reserved + remaining."
    )
    base_amount = serializers.CharField(help_text="What the period started with.")
    carry_in = serializers.CharField(help_text="What came from the period before; negative for a deficit.")
    adjustments = serializers.CharField(help_text="What this period was given or lost besides, once.")
    used_amount = serializers.CharField(allow_null=True)
    reserved_amount = serializers.CharField(allow_null=True)
    remaining_amount = serializers.CharField(allow_null=True, help_text="Negative when less is allowed than was used.")
    used_percent = serializers.IntegerField(allow_null=True, help_text="Of `total_amount`, rounded down.")
    elapsed_percent = serializers.IntegerField(allow_null=True, help_text="Of the period's time, rounded down.")
    currency = serializers.CharField()
    period_type = serializers.ChoiceField(PERIOD_TYPES)
    start_date = serializers.DateField()
    end_date = serializers.DateField(allow_null=True, help_text="Its last day.")
    period = PeriodSpanAnswer(allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    enforcement = serializers.ChoiceField(ENFORCEMENTS)
    buffer_amount = serializers.CharField()
    buffer_percent = serializers.IntegerField()
    thresholds = serializers.ListField(child=serializers.IntegerField())
    rollover = serializers.ChoiceField(ROLLOVERS)
    rollover_cap = serializers.CharField(allow_null=True)
    refunds_to = serializers.ChoiceField(REFUNDS_TO)
    grace_days = serializers.IntegerField()
    categories = serializers.ListField(child=serializers.CharField())
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


def budget_views(budgets: Sequence[Budget]) -> list[dict[str, Any]]:
    """Budgets as JSON, with their current periods; three queries however many."""
    if not budgets:
        return []
    now = database_now()
    return [_budget_view(view, now) for view in view_budgets(budgets)]


def budget_view(budget: Budget) -> dict[str, Any]:
    """`budget_views` for one."""
    (view,) = budget_views([budget])
    return view


def _budget_view(view: BudgetView, now: datetime) -> dict[str, Any]:
    budget, scale = view.budget, get_asset(view.budget.currency).cash_scale
    return {
        "budget_id": str(budget.id),
        "scope": budget.scope,
        "wallet_id": _id(budget.wallet_id),
        "user_id": _id(budget.user_id),
        "team_id": _id(budget.team_id),
        "parent_id": _id(budget.parent_id),
        "children_mode": budget.children_mode,
        "name": budget.name,
        **_present(view, scale),
        "used_percent": None if view.figures is None else used_percent(view.figures),
        "elapsed_percent": None if view.period is None else _elapsed_percent(view.period, now),
        "currency": budget.currency,
        "period_type": budget.period_type,
        "start_date": budget.start_date.isoformat(),
        "end_date": None if budget.end_date is None else (budget.end_date - _ONE_DAY).isoformat(),
        "period": None if view.period is None else span_view(view.period),
        "status": budget.status,
        "enforcement": budget.enforcement,
        "buffer_amount": format_amount(budget.buffer_amount, scale),
        "buffer_percent": budget.buffer_percent,
        "thresholds": budget.thresholds,
        "rollover": budget.rollover,
        "rollover_cap": None if budget.rollover_cap is None else format_amount(budget.rollover_cap, scale),
        "refunds_to": budget.refunds_to,
        "grace_days": budget.grace_days,
        "categories": budget.categories,
        "created_by": _id(budget.created_by),
        "created_at": rfc3339(budget.created_at),
        "updated_at": rfc3339(budget.updated_at),
        "version": budget.version,
    }


def _present(view: BudgetView, scale: int) -> dict[str, str | None]:
    if view.figures is not None:
        return figures_view(view.figures, scale)
    amount, nothing = format_amount(view.budget.amount, scale), format_amount(Decimal(0), scale)
    allowed = {"total_amount": amount, "base_amount": amount, "carry_in": nothing, "adjustments": nothing}
    return {**allowed, "used_amount": None, "reserved_amount": None, "remaining_amount": None}


def figures_view(figures: PeriodFigures, scale: int) -> dict[str, str | None]:
    """What a period allows, and what became of it."""
    shown = {
        "total_amount": figures.allocated,
        "base_amount": figures.base,
        "carry_in": figures.carry_in,
        "adjustments": figures.adjustments,
        "used_amount": figures.used,
        "reserved_amount": figures.reserved,
        "remaining_amount": figures.remaining,
    }
    return {name: format_amount(figure, scale) for name, figure in shown.items()}


def span_view(period: BudgetPeriod) -> dict[str, Any]:
    return {"key": period.key, "starts_at": rfc3339(period.starts_at), "ends_at": rfc3339(period.ends_at)}


def used_percent(figures: PeriodFigures) -> int | None:
    """How much of what a period allows was used, rounded down, so that 100 is never said too early; None where nothing
    is allowed."""
    if figures.allocated <= 0:
        return None
    return int(EXACT.divide_int(EXACT.multiply(figures.used, Decimal(100)), figures.allocated))


def _elapsed_percent(period: BudgetPeriod, now: datetime) -> int:
    elapsed = (now - period.starts_at) * 100 // (period.ends_at - period.starts_at)
    return min(max(elapsed, 0), 100)


def _id(id: object) -> str | None:
    return None if id is None else str(id)


def answered_once(view: ServiceView, work: Callable[[], Reply], *, type: str, key: str | None) -> HttpResponse:
    """Do something once per key. What it answers, be it a decided no, is kept and comes again with the same key.

    Args:
        work: what is to be done, in the transaction that keeps its answer.
        type: what is wished for, as commands are named.
        key: the `Idempotency-Key`; None = there is none.
    """
    wish = None if key is None else Wish(claim=claim_of(view, key), origin=origin_of(view.request), type=type)
    try:
        return answer(answer_once(wish, work))
    except DECIDED as refusal:
        if wish is None:
            raise
        return answer(remember_refusal(wish, problem_reply(view, refusal), code=refusal.code))


def reply_of(status: int, body: dict[str, Any]) -> Reply:
    """A JSON answer to keep."""
    return Reply(status, json.dumps(body))
