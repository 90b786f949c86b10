"""`/budgets`: setting, finding and changing them (R70–R72)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import Budget
from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import IdField, WholeNumberField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.views import ServiceView, tagged
from ledger.services.claims import Reply
from wallets.api.approval_views import ASKED, ASKED_CODES, asked_instead
from wallets.api.budget_bodies import ChangeBudget, SetBudget, budget_change, budget_spec
from wallets.api.budget_views import (
    EXAMPLE,
    PERIOD_TYPES,
    SCOPES,
    STATUSES,
    BudgetAnswer,
    answered_once,
    budget_view,
    budget_views,
    reply_of,
)
from wallets.selectors.budgets import (
    FILTERS,
    active_budgets_of,
    find_visible_budgets,
    get_budgets_by_any_id,
    get_visible_budget,
)
from wallets.services.approvals.budget_changing import arguments_for_change
from wallets.services.budgets import alter_budget, get_subject, set_budget

READERS = allow(*PEOPLE, scope="budgets:read")
KEEPERS = allow("MANAGER", "FINANCE", scope="budgets:write")
MONEY = ("money.invalid", "money.scale_exceeded")


class BudgetQuery(PageQuery):
    scope = WordField(SCOPES, required=False)
    wallet_id = IdField(required=False)
    team_id = IdField(required=False)
    user_id = IdField(required=False)
    period_type = WordField(PERIOD_TYPES, required=False)
    status = WordField(STATUSES, required=False)
    over_pct = WholeNumberField(
        min_value=1, max_value=1_000, required=False, help_text="At least so many percent of its period are used."
    )


class UserBudgetsAnswer(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    budgets = BudgetAnswer(many=True)


class AnyBudgetAnswer(BudgetAnswer):
    """A budget; or, asked by a user's id, only `user_id` and `budgets`."""

    budgets = BudgetAnswer(many=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in fields.keys() - {"user_id"}:
            fields[name].required = False
        return fields


class EvaluationAnswer(serializers.Serializer[Any]):
    blocked_now = serializers.BooleanField(help_text="Whether it refuses every spend now.")


class ChangedBudgetAnswer(BudgetAnswer):
    evaluation = EvaluationAnswer()


class BudgetsView(ServiceView):
    policy = {"GET": READERS, "POST": KEEPERS}

    @operation(
        "List budgets",
        query=BudgetQuery,
        answer=page_of(BudgetAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Employees see those of their own wallets, managers their team's, everybody else the company's.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(BudgetQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        page = paginate(find_visible_budgets(caller_of(request), filters, over_pct=query.get("over_pct")), query)
        views = dict(zip([budget.id for budget in page.rows], budget_views(page.rows), strict=True))
        return Response(page.body(lambda budget: views[budget.id]))

    @operation(
        "Set a budget",
        body=SetBudget,
        answer=BudgetAnswer,
        status=201,
        codes=(*MONEY, "currency.unsupported", "not_found", "budget.overlap", "budget.parent_exceeded"),
        body_example={
            "wallet_id": EXAMPLE["wallet_id"],
            "total_amount": "600.00",
            "period_type": "MONTHLY",
            "name": "Monthly travel budget",
            "categories": ["travel"],
            "thresholds": [80, 100],
            "rollover": "SURPLUS",
            "rollover_cap": "100.00",
            "reason": "Agreed with Lena.",
        },
        example={**EXAMPLE, "used_amount": "0.00", "remaining_amount": "600.00", "used_percent": 0},
        takes_key="optional",
        is_tagged=True,
        description="Managers for their team's wallets, finance and services also for teams and the company; nobody "
        "for his own wallet. One active budget per scope, period type, currency and set of categories at a time: a "
        "second one is refused with the first one's id in `existing_id`. Others stack: all have to let a spend pass.",
    )
    def post(self, request: Request) -> HttpResponse:
        key, caller = self.idempotency_key(required=False), caller_of(request)
        wanted = self.body(SetBudget)
        subject = get_subject(caller, wallet_id=wanted.get("wallet_id"), team_id=wanted.get("team_id"))
        spec = budget_spec(wanted, subject)

        def work() -> Reply:
            budget = set_budget(caller=caller, spec=spec, reason=wanted["reason"], origin=origin_of(request))
            return reply_of(201, budget_view(budget))

        response = answered_once(self, work, type="CreateBudget", key=key)
        if response.status_code == 201:
            response.headers["ETag"] = f'"v{json.loads(response.content)["version"]}"'
        return response


class BudgetView(ServiceView):
    policy = {"GET": READERS, "PUT": KEEPERS}

    @operation(
        "Show a budget, or somebody's budgets",
        answer=AnyBudgetAnswer,
        example=EXAMPLE,
        is_tagged=True,
        description="By a budget's id that budget; by a user's id `{user_id, budgets}` with the active ones of the "
        "user's wallets.",
    )
    def get(self, request: Request, id: UUID) -> Response:
        found = get_budgets_by_any_id(caller_of(request), id)
        if isinstance(found, Budget):
            return tagged(budget_view(found), found.version)
        return Response({"user_id": str(id), "budgets": budget_views(found)})

    @operation(
        "Change a budget",
        body=ChangeBudget,
        answer=ChangedBudgetAnswer,
        codes=(
            *MONEY,
            "budget.overlap",
            "budget.ended",
            "budget.parent_exceeded",
            "lock.timeout",
            "outcome.unknown",
            "precondition.required",
            *ASKED_CODES,
        ),
        other_answers=ASKED,
        body_example={
            "total_amount": "100.00",
            "effective": "NOW",
            "thresholds": [50, 80, 100],
            "categories": ["travel"],
            "rollover": "SURPLUS",
            "rollover_cap": "100.00",
            "reason": "Fewer trips this year.",
        },
        example={
            **EXAMPLE,
            "total_amount": "100.00",
            "base_amount": "100.00",
            "remaining_amount": "-50.00",
            "used_percent": 150,
            "thresholds": [50, 80, 100],
            "version": 3,
            "evaluation": {"blocked_now": True},
        },
        takes_version="optional",
        is_tagged=True,
        description="Under /v1 `If-Match` has to be sent. What is lowered below what is used takes nothing back: "
        "`remaining_amount` is negative, and `evaluation.blocked_now` says that nothing passes. `effective`: NOW, "
        "NEXT_PERIOD, or THIS_PERIOD_ONLY, after which the next starts with the budget's amount again. Where the "
        "company's rules want a second person, for another enforcement or a raise: 202 with the request.",
    )
    def put(self, request: Request, id: UUID) -> HttpResponse:
        caller = caller_of(request)
        budget = get_visible_budget(caller, id)
        expected_version = self.expected_version(required=request.path.startswith("/v1/"))
        wanted = self.body(ChangeBudget)
        change = budget_change(wanted, budget)
        arguments = arguments_for_change(budget, change, expected_version)
        asked = asked_instead(self, "budget.change", arguments, reason=wanted["reason"])
        if asked is not None:
            return asked
        changed = alter_budget(
            caller=caller,
            budget=budget,
            change=change,
            reason=wanted["reason"],
            expected_version=expected_version,
            origin=origin_of(request),
        )
        view = {**budget_view(changed.budget), "evaluation": {"blocked_now": changed.blocked_now}}
        return tagged(view, changed.budget.version)


class UserBudgetsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List somebody's budgets",
        answer=UserBudgetsAnswer,
        example={"user_id": EXAMPLE["user_id"], "budgets": [EXAMPLE]},
        description="The active ones of the user's wallets, in their current periods.",
    )
    def get(self, request: Request, user_id: UUID) -> Response:
        budgets = active_budgets_of(caller_of(request), user_id)
        return Response({"user_id": str(user_id), "budgets": budget_views(budgets)})
