"""`/v1/budget-requests`: asking for more than a budget allows, and answering that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import BudgetRequest
from budgets.models.vocabulary import RequestKind, RequestState, Retry
from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import IdField, MoneyField, TextField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.services.claims import Reply
from wallets.api.budget_views import answered_once, reply_of
from wallets.api.budgets import MONEY, READERS
from wallets.selectors.budget_requests import FILTERS, find_visible_requests, get_visible_request
from wallets.services.budget_requests import Wanted, Word, approve, ask_for_more, reject, withdraw
from wallets.services.retrying import retry_spends

KINDS, STATES, RETRIES = tuple(RequestKind.values), tuple(RequestState.values), tuple(Retry.values)
ASKERS = allow("EMPLOYEE", "MANAGER", "FINANCE")
ANSWERERS = allow("MANAGER", "FINANCE")
CLOSED = ("budget.request_closed", "budget.ended", "lock.timeout")

EXAMPLE = {
    "request_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0f1",
    "budget_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0b1",
    "kind": "THIS_PERIOD",
    "amount": "40.00",
    "currency": "EUR",
    "reason": "The train to the customer, and the way back.",
    "status": "PENDING",
    "requested_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "retry": "PARKED",
    "retry_txn_id": None,
    "retried_at": None,
    "decided_by": None,
    "decided_at": None,
    "decision_reason": None,
    "expires_at": "2026-03-28T08:04:52.204711Z",
    "created_at": "2026-03-25T08:04:52.204711Z",
    "version": 1,
}
_ANSWERED = {
    **EXAMPLE,
    "decided_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "decided_at": "2026-03-25T08:11:03.304711Z",
    "decision_reason": "Worth it.",
}
APPROVED = {
    **_ANSWERED,
    "status": "APPROVED",
    "retry": "ACCEPTED",
    "retry_txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a2",
    "retried_at": "2026-03-25T08:11:03.310211Z",
    "version": 3,
}
REJECTED = {**_ANSWERED, "status": "REJECTED", "retry": "NONE", "version": 2}
WITHDRAWN = {**REJECTED, "status": "WITHDRAWN", "decided_by": None, "decision_reason": "We take the bus."}


class RequestQuery(PageQuery):
    status = WordField(STATES, required=False)
    budget_id = IdField(required=False)
    kind = WordField(KINDS, required=False)


class AskForMore(StrictSerializer):
    txn_id = IdField(required=False, help_text="A spend that a budget has refused; it is tried again, once.")
    budget_id = IdField(required=False, help_text="Needed without `txn_id`, and where several budgets have refused it.")
    kind = WordField(KINDS, help_text="Room for one refused spend, for the rest of this period, or for good.")
    amount = MoneyField(
        required=False, help_text="How much more, in the budget's currency. With `txn_id`, what the spend lacked."
    )
    reason = TextField(max_length=500, help_text="Why; kept for ever.")


class AnswerRequest(StrictSerializer):
    reason = TextField(max_length=500, help_text="Why; kept for ever, and shown to whoever asked.")


class BudgetRequestAnswer(serializers.Serializer[Any]):
    request_id = serializers.UUIDField()
    budget_id = serializers.UUIDField()
    kind = serializers.ChoiceField(KINDS)
    amount = serializers.CharField(help_text="How much more.")
    currency = serializers.CharField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(STATES)
    requested_by = serializers.UUIDField()
    txn_id = serializers.UUIDField(allow_null=True, help_text="The refused spend.")
    retry = serializers.ChoiceField(RETRIES, help_text="What became of it. PARKED: it waits for being tried again.")
    retry_txn_id = serializers.UUIDField(allow_null=True, help_text="The document that trying it again has made.")
    retried_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.UUIDField(allow_null=True, help_text="Of APPROVED and REJECTED.")
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_reason = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(help_text="Until then it can be answered.")
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


def request_view(request: BudgetRequest) -> dict[str, Any]:
    """A request, with its budget, as JSON."""
    currency = request.budget.currency
    return {
        "request_id": str(request.id),
        "budget_id": str(request.budget_id),
        "kind": request.kind,
        "amount": format_amount(request.amount, get_asset(currency).cash_scale),
        "currency": currency,
        "reason": request.reason,
        "status": request.state,
        "requested_by": str(request.requested_by),
        "txn_id": _id(request.txn_id),
        "retry": request.retry,
        "retry_txn_id": _id(request.retry_txn_id),
        "retried_at": rfc3339(request.retried_at),
        "decided_by": _id(request.decided_by),
        "decided_at": rfc3339(request.decided_at),
        "decision_reason": request.decision_reason or None,
        "expires_at": rfc3339(request.expires_at),
        "created_at": rfc3339(request.created_at),
        "version": request.version,
    }


def _id(id: UUID | None) -> str | None:
    return None if id is None else str(id)


class BudgetRequestsView(ServiceView):
    policy = {"GET": READERS, "POST": ASKERS}

    @operation(
        "List requests for more",
        query=RequestQuery,
        answer=page_of(BudgetRequestAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those of the people, and about the budgets, that the caller may see.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(RequestQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        return Response(paginate(find_visible_requests(caller_of(request), filters), query).body(request_view))

    @operation(
        "Ask for more than a budget allows",
        body=AskForMore,
        answer=BudgetRequestAnswer,
        status=201,
        codes=(*MONEY, "not_found", "budget.request_pending", "budget.ended", "lock.timeout"),
        body_example={name: EXAMPLE[name] for name in ("txn_id", "kind", "amount", "reason")},
        example=EXAMPLE,
        takes_key="optional",
        is_tagged=True,
        description="Usually because a spend was refused: its `txn_id` says which budget and how much it lacked, and "
        "the spend is parked. It is tried again, once, when there is more; nobody sends it again. A spend that was "
        "back-dated is not. ONCE needs `txn_id`. A request can be answered for 72 hours.",
    )
    def post(self, request: Request) -> HttpResponse:
        key, caller = self.idempotency_key(required=False), caller_of(request)
        body = self.body(AskForMore)
        wanted = Wanted(**{**body, "kind": RequestKind(body["kind"])})

        def work() -> Reply:
            return reply_of(201, request_view(ask_for_more(caller=caller, wanted=wanted, origin=origin_of(request))))

        response = answered_once(self, work, type="AskForMore", key=key)
        if response.status_code == 201:
            response.headers["ETag"] = f'"v{json.loads(response.content)["version"]}"'
        return response


class BudgetRequestView(ServiceView):
    policy = {"GET": READERS}

    @operation("Show a request for more", answer=BudgetRequestAnswer, example=EXAMPLE, is_tagged=True)
    def get(self, request: Request, request_id: UUID) -> Response:
        found = get_visible_request(caller_of(request), request_id)
        return tagged(request_view(found), found.version)


class _AnsweringView(ServiceView):
    """One word to a request."""

    def say(self, request: Request, request_id: UUID, word: Callable[[BudgetRequest, Word], Any]) -> Response:
        caller = caller_of(request)
        found = get_visible_request(caller, request_id)
        reason, expected_version = self.body(AnswerRequest)["reason"], self.expected_version()
        word(found, Word(caller=caller, reason=reason, origin=origin_of(request), expected_version=expected_version))
        answered = get_visible_request(caller, request_id)
        return tagged(request_view(answered), answered.version)


def _approve_and_retry(request: BudgetRequest, word: Word) -> None:
    """What was approved stands, whatever becomes of spends: the regular job tries those that are left."""
    approve(request, word)
    retry_spends(request.budget_id)


class ApprovalView(_AnsweringView):
    policy = {"POST": ANSWERERS}

    @operation(
        "Approve a request for more",
        body=AnswerRequest,
        answer=BudgetRequestAnswer,
        codes=("approval.self", *CLOSED, "budget.parent_exceeded"),
        body_example={"reason": "Worth it."},
        example=APPROVED,
        takes_version="optional",
        is_tagged=True,
        description="By whoever may set that budget, and never by whoever asked. ONCE and THIS_PERIOD give the current "
        "period more, PERMANENT raises the budget. Then parked spends are tried again in the order in which they were "
        "refused, each once: with ONCE only this one, otherwise all that wait for this budget; one whose own request "
        "is not answered yet goes on waiting if it does not fit.",
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        return self.say(request, request_id, _approve_and_retry)


class RejectionView(_AnsweringView):
    policy = {"POST": ANSWERERS}

    @operation(
        "Reject a request for more",
        body=AnswerRequest,
        answer=BudgetRequestAnswer,
        codes=("approval.self", "budget.request_closed", "lock.timeout"),
        body_example={"reason": "Not this week."},
        example=REJECTED,
        takes_version="optional",
        is_tagged=True,
        description="By whoever may approve it. A parked spend stays refused.",
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        return self.say(request, request_id, reject)


class WithdrawalView(_AnsweringView):
    policy = {"POST": ASKERS}

    @operation(
        "Withdraw a request for more",
        body=AnswerRequest,
        answer=BudgetRequestAnswer,
        codes=("budget.request_closed", "lock.timeout"),
        body_example={"reason": "We take the bus."},
        example=WITHDRAWN,
        takes_version="optional",
        is_tagged=True,
        description="By whoever asked. A parked spend stays refused.",
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        return self.say(request, request_id, withdraw)
