"""`/v1/approvals`: what waits for a second person, and what he says to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import FlagField, IdField, TextField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.views import ServiceView, tagged
from wallets.api.approval_views import (
    APPROVED,
    EXAMPLE,
    REJECTED,
    STATUSES,
    WITHDRAWN,
    ApprovalAnswer,
    approval_view,
    approval_views,
)
from wallets.models import Approval
from wallets.selectors.approvals import FILTERS, find_visible_approvals, get_visible_approval
from wallets.services.approvals import OPERATIONS, approve, reject, withdraw

READERS = allow(*PEOPLE, scope="wallets:read")
CHECKERS = allow("MANAGER", "FINANCE", "COMPLIANCE")
MAKERS = allow("EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE", scope="transfers:write")
CLOSED = ("approval.closed", "lock.timeout", "outcome.unknown")


class ApprovalQuery(PageQuery):
    status = WordField(STATUSES, required=False)
    operation = WordField(tuple(OPERATIONS), required=False)
    target_id = IdField(required=False, help_text="About this wallet, transaction, reservation, budget or rule.")
    waiting_for_me = FlagField(default=False, help_text="Only those that the caller may still say a word to.")


class SayWhy(StrictSerializer):
    reason = TextField(max_length=500, help_text="Why; kept for ever with the request.")


class ApprovalsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List requests for approval",
        query=ApprovalQuery,
        answer=page_of(ApprovalAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those that the caller has made or may check; managers see what is about their people, finance, "
        "compliance, audit and services the company's. Rejected ones stay.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(ApprovalQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        found = find_visible_approvals(caller_of(request), filters, waiting_for_me=query["waiting_for_me"])
        page = paginate(found, query)
        views = dict(zip([approval.id for approval in page.rows], approval_views(page.rows), strict=True))
        return Response(page.body(lambda approval: views[approval.id]))


class ApprovalView(ServiceView):
    policy = {"GET": READERS}

    @operation("Show a request for approval", answer=ApprovalAnswer, example=EXAMPLE, is_tagged=True)
    def get(self, request: Request, approval_id: UUID) -> Response:
        approval = get_visible_approval(caller_of(request), approval_id)
        return tagged(approval_view(approval), approval.version)


class _AnsweringView(ServiceView):
    """One word to a request."""

    def say(self, request: Request, approval_id: UUID, word: Callable[..., Approval]) -> Response:
        reason, expected_version = self.body(SayWhy)["reason"], self.expected_version()
        approval = word(
            approval_id,
            caller=caller_of(request),
            reason=reason,
            origin=origin_of(request),
            expected_version=expected_version,
        )
        return tagged(approval_view(approval), approval.version)


_WORD: dict[str, Any] = {"body": SayWhy, "answer": ApprovalAnswer, "takes_version": "optional", "is_tagged": True}


class ApprovalApproveView(_AnsweringView):
    policy = {"POST": CHECKERS}

    @operation(
        "Approve a request",
        **_WORD,
        codes=("approval.own", *CLOSED),
        body_example={"reason": "Seen on the statement."},
        example=APPROVED,
        description="By somebody whom a step still waits for; never by whoever asked, nor by whom it is about, "
        "whatever his role. Nobody counts twice. With the last approval it is done, once, as whoever asked would have "
        "done it. If it cannot be done any more the answer is a 200 with `status` STALE, and `outcome` says why: "
        "nothing has happened, ask again.",
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        return self.say(request, approval_id, approve)


class ApprovalRejectView(_AnsweringView):
    policy = {"POST": CHECKERS}

    @operation(
        "Reject a request",
        **_WORD,
        codes=("approval.own", *CLOSED),
        body_example={"reason": "It was charged once."},
        example=REJECTED,
        description="By whoever may check it; one no is enough. It is kept for ever.",
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        return self.say(request, approval_id, reject)


class ApprovalWithdrawView(_AnsweringView):
    policy = {"POST": MAKERS}

    @operation(
        "Withdraw a request",
        **_WORD,
        codes=CLOSED,
        body_example={"reason": "The provider has corrected it."},
        example=WITHDRAWN,
        description="By whoever asked.",
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        return self.say(request, approval_id, withdraw)
