"""`/v1/closings`: up to when the company's books are final."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import TextField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import InstantField, rfc3339
from ledger.api.views import ServiceView
from ledger.selectors.closings import Closing, closings_of
from wallets.services.closings import close_company_books

EXAMPLE = {
    "closing_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0c1",
    "closed_until": "2026-02-28T23:00:00.000000Z",
    "reason": "February is audited.",
    "actor_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "created_at": "2026-03-14T16:05:12.000000Z",
}


class CloseBooks(StrictSerializer):
    closed_until = InstantField(help_text="Nothing counts from before this moment any more. It has to be over.")
    reason = TextField(max_length=500, help_text="Why; kept for ever.")


class ClosingAnswer(serializers.Serializer[Any]):
    closing_id = serializers.UUIDField()
    closed_until = serializers.DateTimeField()
    reason = serializers.CharField()
    actor_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


def closing_view(closing: Closing) -> dict[str, Any]:
    return {
        "closing_id": str(closing.id),
        "closed_until": rfc3339(closing.closed_until),
        "reason": closing.reason,
        "actor_id": closing.actor_id,
        "created_at": rfc3339(closing.created_at),
    }


class ClosingsView(ServiceView):
    policy = {"GET": allow("FINANCE", "COMPLIANCE", "AUDITOR"), "POST": allow("FINANCE")}

    @operation(
        "List closings of the books",
        query=PageQuery,
        answer=page_of(ClosingAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Each moves the closed period forward; the last one holds.",
    )
    def get(self, request: Request) -> Response:
        closings = closings_of(caller_of(request).company_id)
        return Response(paginate(closings, self.query(PageQuery)).body(closing_view))

    @operation(
        "Close the books up to a moment",
        body=CloseBooks,
        answer=ClosingAnswer,
        status=201,
        codes=("lock.timeout", "outcome.unknown"),
        other_answers={200: (ClosingAnswer, EXAMPLE)},
        body_example={"closed_until": EXAMPLE["closed_until"], "reason": EXAMPLE["reason"]},
        example=EXAMPLE,
        description="For ever: a closing is never taken back, only moved forward. Afterwards nothing of the company "
        "may count from before it. The same moment again answers 200 and records nothing.",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(CloseBooks)
        closed = close_company_books(company_id=caller_of(request).company_id, **wanted, origin=origin_of(request))
        return Response(closing_view(closed.closing), status=201 if closed.is_new else 200)
