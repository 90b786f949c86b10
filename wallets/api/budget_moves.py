"""`/v1/budgets/{budget_id}/adjustments` and `/v1/budget-transfers`: more or less for the current period, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from budgets.models import Budget
from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import IdField, MoneyField, TextField, WordField
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from ledger.money import EXACT, format_amount, plain
from ledger.selectors.assets import get_asset
from ledger.services.claims import Reply
from wallets.api.approval_views import ASKED, ASKED_CODES, asked_instead
from wallets.api.budget_bodies import REASON, require_allowances
from wallets.api.budget_views import EXAMPLE, BudgetAnswer, answered_once, budget_view, budget_views, reply_of
from wallets.api.budgets import KEEPERS, MONEY, ChangedBudgetAnswer
from wallets.selectors.budgets import get_visible_budget
from wallets.services.approvals.budget_changing import ChangeBudget
from wallets.services.budgets import adjust_budget, move_budget

RAISE, LOWER = "RAISE", "LOWER"
OTHER_ID = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0b2"
TRANSFER_EXAMPLE = {
    "from_budget_id": EXAMPLE["budget_id"],
    "to_budget_id": OTHER_ID,
    "amount": "40.00",
    "currency": "EUR",
    "from": {**EXAMPLE, "total_amount": "560.00", "adjustments": "-40.00", "remaining_amount": "410.00", "version": 3},
    "to": {**EXAMPLE, "budget_id": OTHER_ID, "total_amount": "640.00", "adjustments": "40.00", "version": 3},
}


class AdjustBudget(StrictSerializer):
    amount = MoneyField(help_text="By how much; in the budget's currency.")
    direction = WordField((RAISE, LOWER), default=RAISE)
    reason = TextField(max_length=500, help_text=REASON)


class MoveBudget(StrictSerializer):
    from_budget_id = IdField()
    to_budget_id = IdField()
    amount = MoneyField(help_text="In the currency of both.")
    reason = TextField(max_length=500, help_text=REASON)


class BudgetTransferAnswer(serializers.Serializer[Any]):
    """Both budgets as they are afterwards."""

    from_budget_id = serializers.UUIDField()
    to_budget_id = serializers.UUIDField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    to = BudgetAnswer()

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of the language and cannot be declared above."""
        return {**super().get_fields(), "from": BudgetAnswer()}


class BudgetAdjustmentsView(ServiceView):
    policy = {"POST": KEEPERS}

    @operation(
        "Give the current period of a budget more, or less, once",
        body=AdjustBudget,
        answer=ChangedBudgetAnswer,
        status=201,
        codes=(*MONEY, "budget.ended", "lock.timeout", "outcome.unknown", *ASKED_CODES),
        other_answers=ASKED,
        body_example={"amount": "40.00", "direction": "RAISE", "reason": "One more customer to see."},
        example={
            **EXAMPLE,
            "total_amount": "640.00",
            "adjustments": "40.00",
            "remaining_amount": "490.00",
            "version": 3,
            "used_percent": 23,
            "evaluation": {"blocked_now": False},
        },
        takes_key="required",
        takes_version="optional",
        description="The next period starts with the budget's amount again. Where the company's rules want a second "
        "person for a raise: 202 with the request.",
    )
    def post(self, request: Request, budget_id: UUID) -> HttpResponse:
        key, caller = self.idempotency_key(), caller_of(request)
        wanted, expected_version = self.body(AdjustBudget), self.expected_version()
        budget = get_visible_budget(caller, budget_id)
        amount = wanted["amount"]
        require_allowances(wanted, budget.currency)
        if wanted["direction"] == RAISE:
            more = {"budget_id": str(budget_id), "more": plain(amount), "expected_version": expected_version}
            asked = asked_instead(self, ChangeBudget.name, more, reason=wanted["reason"], key=key)
            if asked is not None:
                return asked

        def work() -> Reply:
            changed = adjust_budget(
                caller=caller,
                budget=budget,
                delta=amount if wanted["direction"] == RAISE else EXACT.minus(amount),
                reason=wanted["reason"],
                expected_version=expected_version,
                origin=origin_of(request),
            )
            return reply_of(201, {**budget_view(changed.budget), "evaluation": {"blocked_now": changed.blocked_now}})

        return answered_once(self, work, type="AdjustBudget", key=key)


class BudgetTransfersView(ServiceView):
    policy = {"POST": KEEPERS}

    @operation(
        "Move what is left of one budget to another",
        body=MoveBudget,
        answer=BudgetTransferAnswer,
        status=201,
        codes=(*MONEY, "not_found", "budget.exceeded", "lock.timeout", "outcome.unknown"),
        body_example={
            "from_budget_id": EXAMPLE["budget_id"],
            "to_budget_id": OTHER_ID,
            "amount": "40.00",
            "reason": "Travel instead of meals this month.",
        },
        example=TRANSFER_EXAMPLE,
        takes_key="required",
        description="In their current periods, at once. Both are of one currency. No more than what is left is given, "
        "whatever the giver's enforcement and buffer.",
    )
    def post(self, request: Request) -> HttpResponse:
        key, caller = self.idempotency_key(), caller_of(request)
        wanted = self.body(MoveBudget)
        from_id, to_id = wanted["from_budget_id"], wanted["to_budget_id"]
        if from_id == to_id:
            raise InvalidInput("A budget gives to another one.", pointer="/to_budget_id")
        giver = get_visible_budget(caller, from_id)
        receiver = get_visible_budget(caller, to_id)
        require_allowances(wanted, giver.currency)

        def work() -> Reply:
            moved = move_budget(
                caller=caller,
                giver=giver,
                receiver=receiver,
                amount=wanted["amount"],
                reason=wanted["reason"],
                origin=origin_of(request),
            )
            return reply_of(201, _transfer_view(moved, wanted))

        return answered_once(self, work, type="MoveBudget", key=key)


def _transfer_view(moved: tuple[Budget, Budget], wanted: dict[str, Any]) -> dict[str, Any]:
    giver, receiver = budget_views(moved)
    currency = moved[0].currency
    return {
        "from_budget_id": giver["budget_id"],
        "to_budget_id": receiver["budget_id"],
        "amount": format_amount(wanted["amount"], get_asset(currency).cash_scale),
        "currency": currency,
        "from": giver,
        "to": receiver,
    }
