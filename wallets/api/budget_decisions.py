"""`/v1/budget-decisions`: what budgets and limits have said about spends, with every layer's figures of that moment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import IdField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.api.budget_checks import GATES_EXAMPLE
from wallets.api.budget_views import EXAMPLE as BUDGET_EXAMPLE
from wallets.api.budgets import READERS
from wallets.api.decisions import DecidedAnswer, LaterAnswer, decided_view
from wallets.api.transactions import TXN_ID
from wallets.selectors.budget_decisions import (
    DecidedSpend,
    decided_spends,
    find_decided_spends,
    get_decided_spend,
)

ACCEPTED, REFUSED = "ACCEPTED", "REFUSED"
EXAMPLE = {
    "txn_id": TXN_ID,
    "wallet_id": BUDGET_EXAMPLE["wallet_id"],
    "amount": "90.00",
    "currency": "EUR",
    "outcome": REFUSED,
    "code": "budget.exceeded",
    "decided_at": "2026-04-01T16:05:12.000000Z",
    "gates": GATES_EXAMPLE,
}


class BudgetDecisionAnswer(DecidedAnswer):
    txn_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField(help_text="The wallet that paid, or would have.")
    amount = serializers.CharField()
    currency = serializers.CharField()


class BudgetDecisionRecord(BudgetDecisionAnswer):
    later = LaterAnswer(many=True)


class DecisionQuery(PageQuery):
    wallet_id = IdField(required=False)
    budget_id = IdField(required=False)
    outcome = WordField((ACCEPTED, REFUSED), required=False)


def decided_spend_view(spend: DecidedSpend) -> dict[str, Any]:
    document, asset = spend.document, get_asset(spend.document.asset_id)
    return {
        "txn_id": str(document.id),
        "wallet_id": str(document.source_wallet_id),
        "amount": format_amount(document.amount, asset.cash_scale),
        "currency": asset.code,
        **decided_view(spend.decision, asset),
    }


class BudgetDecisionsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List what budgets and limits have decided",
        query=DecisionQuery,
        answer=page_of(BudgetDecisionAnswer),
        codes=("pagination.invalid", "not_found"),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="About the spends of a wallet, or those a budget was asked about; one of them has to be named. "
        "Refused ones too.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(DecisionQuery)
        wallet_id, budget_id, outcome = (query.get(name) for name in ("wallet_id", "budget_id", "outcome"))
        if wallet_id is None and budget_id is None:
            raise InvalidInput("Name a wallet or a budget.", pointer="/wallet_id")
        is_refused = None if outcome is None else outcome == REFUSED
        found = find_decided_spends(caller_of(request), wallet_id=wallet_id, budget_id=budget_id, is_refused=is_refused)
        page = paginate(found, query, is_monthly=True)
        spends = {spend.document.id: spend for spend in decided_spends(page.rows)}
        return Response(page.body(lambda document: decided_spend_view(spends[document.id])))


class BudgetDecisionView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show what budgets and limits have decided about a spend",
        answer=BudgetDecisionRecord,
        example={**EXAMPLE, "later": []},
        description="Every gate with its figures of that moment, passed ones too. 404 for what no budget and no limit "
        "was asked about.",
    )
    def get(self, request: Request, txn_id: UUID) -> Response:
        spend = get_decided_spend(caller_of(request), txn_id)
        asset = get_asset(spend.document.asset_id)
        later = [
            {"event_id": str(record.event_id), "wanted": record.wanted, **decided_view(record, asset)}
            for record in spend.later
        ]
        return Response({**decided_spend_view(spend), "later": later})
