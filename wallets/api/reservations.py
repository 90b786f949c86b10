"""`/v1/reservations`: money that is set aside until a deadline. What becomes of it: `settlements`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.metadata import MetadataField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.throttling import limit_wallet
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.holds import Hold, HoldStatus, Reservation, hold_of
from ledger.services.journal import Result
from wallets.api.replies import REHEARSED, MoneyQuery, answer, claim_of, origin_of, rehearsal, renderer
from wallets.api.transactions import READERS
from wallets.api.transfers import REFUSALS, SPENDERS
from wallets.api.wallet_locks import LOCK_HEADER, presented_lock
from wallets.selectors.reservations import find_visible_reservations, get_visible_reservation
from wallets.services.reservations import (
    DEFAULT_SECONDS,
    MAX_SECONDS,
    ReservationRequest,
    post_prepared,
    prepare_reservation,
    rehearse_prepared,
)

STATUSES = tuple(status.value for status in HoldStatus)

EXAMPLE = {
    "reservation_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "amount": "300.00",
    "currency": "EUR",
    "captured_amount": "0.00",
    "released_amount": "0.00",
    "status": "ACTIVE",
    "expires_at": "2026-03-14T16:35:12.000000Z",
    "purpose": "Hotel deposit",
    "reference_id": "stay-4711",
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "created_at": "2026-03-14T16:05:12.000000Z",
}


class ReservationBody(StrictSerializer):
    amounts = {"amount": "currency"}

    wallet_id = IdField()
    amount = MoneyField()
    currency = CurrencyField()
    expires_in = WholeNumberField(min_value=1, max_value=MAX_SECONDS, default=DEFAULT_SECONDS, help_text="Seconds.")
    purpose = TextField(max_length=200, min_length=0, default="")
    reference_id = TextField(max_length=100, min_length=0, default="")
    destination_wallet_id = IdField(
        required=False, help_text="Whom it is for; he sees the amount as pending. A capture may say it later."
    )
    metadata = MetadataField(required=False)


class ReservationQuery(PageQuery):
    wallet_id = IdField(required=False)
    status = WordField(STATUSES, required=False)


class ReservationAnswer(serializers.Serializer[Any]):
    reservation_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    captured_amount = serializers.CharField()
    released_amount = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    expires_at = serializers.DateTimeField()
    purpose = serializers.CharField(allow_blank=True)
    reference_id = serializers.CharField(allow_blank=True)
    txn_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


def reservation_view(hold: Hold, created_at: datetime) -> dict[str, Any]:
    """A hold. One whose deadline has passed stays ACTIVE here until that is recorded, but nothing can be captured."""
    scale = get_asset(hold.asset).cash_scale
    return {
        "reservation_id": str(hold.id),
        "wallet_id": str(hold.wallet_id),
        "amount": format_amount(hold.amount, scale),
        "currency": hold.asset,
        "captured_amount": format_amount(hold.captured, scale),
        "released_amount": format_amount(hold.released, scale),
        "status": hold.status.value,
        "expires_at": rfc3339(hold.expires_at),
        "purpose": hold.purpose,
        "reference_id": hold.reference_id,
        "txn_id": str(hold.transaction_id),
        "created_at": rfc3339(created_at),
    }


def row_view(row: Reservation) -> dict[str, Any]:
    """A stored hold, read with its document."""
    return reservation_view(hold_of(row), row.created_at)


class ReservationsView(ServiceView):
    policy = {"GET": READERS, "POST": SPENDERS}

    @operation(
        "List reservations",
        query=ReservationQuery,
        answer=page_of(ReservationAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those on wallets that you may see.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(ReservationQuery)
        found = find_visible_reservations(
            caller_of(request), wallet_id=query.get("wallet_id"), status=query.get("status")
        )
        return Response(paginate(found, query).body(row_view))

    @operation(
        "Reserve money",
        body=ReservationBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=ReservationAnswer,
        status=201,
        codes=REFUSALS,
        body_example={
            "wallet_id": EXAMPLE["wallet_id"],
            "amount": "300.00",
            "currency": "EUR",
            "expires_in": 1800,
            "purpose": "Hotel deposit",
            "reference_id": "stay-4711",
        },
        example=EXAMPLE,
        takes_key="required",
        headers=LOCK_HEADER,
        description="Moves the amount from available to reserved until it is captured or released, at the latest until "
        "`expires_at`. For the owner of the wallet, the owner's manager, FINANCE and services.",
    )
    def post(self, request: Request) -> HttpResponse:
        is_rehearsal = self.query(MoneyQuery)["dry_run"]
        key = self.idempotency_key(required=not is_rehearsal)
        wanted = self.body(ReservationBody)
        wish = ReservationRequest(
            **{**wanted, "expires_in": timedelta(seconds=wanted["expires_in"])}, claim=claim_of(self, key or "")
        )
        prepared = prepare_reservation(
            wish, caller=caller_of(request), origin=origin_of(request), lock_id=presented_lock(request)
        )
        limit_wallet(wish.wallet_id, "reservation")
        asset = get_asset(wish.currency)
        if is_rehearsal:
            return rehearsal(rehearse_prepared(prepared), asset, caller_of(request))
        return answer(post_prepared(prepared, render=renderer(self, asset, _just_made)))


def _just_made(result: Result) -> dict[str, Any]:
    assert result.hold is not None, "it has just been made"
    return reservation_view(result.hold, result.recorded_at)


class ReservationView(ServiceView):
    policy = {"GET": READERS}

    @operation("Show a reservation", answer=ReservationAnswer, example=EXAMPLE)
    def get(self, request: Request, reservation_id: UUID) -> Response:
        return Response(row_view(get_visible_reservation(caller_of(request), reservation_id).reservation))
