"""`/v1/budget-checks`: would this spend be let through?"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models.vocabulary import LimitedType
from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField, WordField
from ledger.api.refusals import decided_gate_view
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput, NotFound
from ledger.selectors.assets import get_asset
from wallets.api.budget_views import EXAMPLE as BUDGET_EXAMPLE
from wallets.api.budgets import MONEY, READERS
from wallets.api.decisions import GateAnswer
from wallets.api.replies import origin_of
from wallets.models import Wallet
from wallets.selectors.wallets import get_wallet, reachable_wallets
from wallets.services.budget_checks import ImaginedSpend, rehearse_spend

TYPES = (LimitedType.PAYMENT.value, LimitedType.TRANSFER.value, LimitedType.WITHDRAWAL.value)
GATES_EXAMPLE = [
    {
        "gate": "funds",
        "id": BUDGET_EXAMPLE["wallet_id"],
        "name": None,
        "ok": True,
        "required": "90.00",
        "available": "450.00",
        "shortfall": None,
        "resets_at": None,
    },
    {
        "gate": "budget",
        "id": BUDGET_EXAMPLE["budget_id"],
        "name": "Weekly budget",
        "ok": False,
        "required": "90.00",
        "available": "60.00",
        "shortfall": "30.00",
        "resets_at": "2026-04-05T22:00:00.000000Z",
    },
]


class CheckBudgets(StrictSerializer):
    amounts = {"amount": "currency"}

    wallet_id = IdField(help_text="The wallet that would pay.")
    amount = MoneyField()
    currency = CurrencyField()
    category = TextField(max_length=64, min_length=0, default="")
    type = WordField(TYPES, required=False, help_text="TRANSFER with `to_wallet_id`, else PAYMENT, if it is not said.")
    to_wallet_id = IdField(required=False, help_text="The wallet that would receive it.")


class BudgetCheckAnswer(serializers.Serializer[Any]):
    would_apply = serializers.BooleanField()
    gates = GateAnswer(many=True, help_text="All that it would have to pass, those that it passes too.")


class BudgetChecksView(ServiceView):
    policy = {"POST": READERS}

    @operation(
        "Ask whether a spend would be let through",
        body=CheckBudgets,
        answer=BudgetCheckAnswer,
        codes=(*MONEY, "currency.unsupported", "not_found"),
        body_example={
            "wallet_id": BUDGET_EXAMPLE["wallet_id"],
            "amount": "90.00",
            "currency": "EUR",
            "category": "travel",
        },
        example={"would_apply": False, "gates": GATES_EXAMPLE},
        description="Decided by the same path as a real spend, with the wallet, its money, every budget and every "
        "limit; nothing is written and nothing is reserved by it.",
    )
    def post(self, request: Request) -> Response:
        caller, wanted = caller_of(request), self.body(CheckBudgets)
        wallet = get_wallet(caller, wanted["wallet_id"])
        spend = ImaginedSpend(
            wallet=wallet,
            amount=wanted["amount"],
            currency=wanted["currency"],
            type=_type_of(wanted),
            category=wanted["category"],
            to=self._receiver(wanted),
        )
        limit_wallet(wallet.id, "check")
        result = rehearse_spend(spend, caller=caller, origin=origin_of(request))
        asset = get_asset(wanted["currency"])
        gates = [decided_gate_view(gate, asset) for gate in result.decision.gates]
        return Response({"would_apply": result.refusal is None, "gates": gates})

    def _receiver(self, wanted: dict[str, Any]) -> Wallet | None:
        """The destination only has to be of the company, as for a transfer."""
        id = wanted.get("to_wallet_id")
        if id is None:
            return None
        found = reachable_wallets(caller_of(self.request), [id]).get(id)
        if found is None:
            raise NotFound
        return found.wallet


def _type_of(wanted: dict[str, Any]) -> LimitedType:
    has_receiver = "to_wallet_id" in wanted
    type = LimitedType(wanted.get("type", LimitedType.TRANSFER if has_receiver else LimitedType.PAYMENT))
    if has_receiver is not (type is LimitedType.TRANSFER):
        raise InvalidInput("A TRANSFER, and only that, says who receives it.", pointer="/to_wallet_id")
    return type
