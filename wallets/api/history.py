"""`/wallets/{wallet_id}/transactions`: what a wallet has seen, and the door for other services' bookings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import CurrencyField, MoneyField, StrictField, TextField, WordField
from ledger.api.metadata import MetadataField
from ledger.api.pagination import Page, PageQuery, PaginationInvalid, PagingField, paginate, paginate_together
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.throttling import limit_wallet
from ledger.api.times import InstantOrDateField, bounds, rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.replicas import may_lag
from ledger.selectors.transactions import (
    Transaction,
    WalletFilter,
    WalletLine,
    wallet_history,
    wallet_lines,
    wallet_sides,
)
from ledger.services.journal import Result
from wallets.api.backdating import BACKDATING, BackdatableBody
from wallets.api.replies import REHEARSED, MoneyQuery, answer, origin_of, rehearsal, renderer
from wallets.api.wallet_locks import LOCK_HEADER, presented_lock
from wallets.api.wallets import READERS
from wallets.models import Wallet
from wallets.selectors.wallets import get_reach, get_wallet
from wallets.services.bookings import BookingRequest, post_booking, prepare_booking, rehearse_booking

VIEW_TYPES = ("CREDIT", "DEBIT", "TRANSFER_IN", "TRANSFER_OUT")
STATUSES = ("PENDING", "COMPLETED", "FAILED", "REVERSED", "CANCELLED")
MAX_PAGE_LIMIT, MAX_OFFSET = 100, 10_000

EXAMPLE = {
    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "type": "DEBIT",
    "amount": "12.50",
    "currency": "EUR",
    "description": "Train to Hamburg",
    "status": "COMPLETED",
    "state": "COMPLETED",
    "reference_id": "booking-4711",
    "reference_type": "booking",
    "balance_after": "113.00",
    "created_at": "2026-03-14T16:05:12.000000Z",
}


class WordsField(StrictField):
    """Words separated by commas, in any case."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        self.words = words
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        words = [word.strip().upper() for word in str(data).split(",")]
        if not set(words) <= set(self.words):
            self.refuse(f"These are among {', '.join(self.words)}, separated by commas.")
        return words


class HistoryQuery(PageQuery):
    """The seeds' paging by page and limit, with a cursor beside it that neither drifts nor slows down (C25)."""

    page = PagingField(min_value=1, max_value=MAX_OFFSET, default=1)
    limit = PagingField(min_value=1, max_value=MAX_PAGE_LIMIT, default=20)
    order = WordField(("asc", "desc"), default="desc")
    start_date = InstantOrDateField(required=False)
    end_date = InstantOrDateField(required=False, help_text="A day is inclusive.")
    type = WordsField(VIEW_TYPES, default=[])
    status = WordsField(STATUSES, default=[])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["page"] * attrs["limit"] > MAX_OFFSET:
            raise PaginationInvalid(f"page × limit is at most {MAX_OFFSET}. Go on with the cursor in the Link header.")
        return attrs


class WalletTransactionAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField()
    type = serializers.ChoiceField(VIEW_TYPES)
    amount = serializers.CharField()
    currency = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(STATUSES)
    state = serializers.CharField()
    reference_id = serializers.CharField(allow_blank=True)
    reference_type = serializers.CharField(allow_blank=True)
    balance_after = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class PaginationAnswer(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()


class HistoryAnswer(serializers.Serializer[Any]):
    transactions = WalletTransactionAnswer(many=True)
    pagination = PaginationAnswer()


class BookingAnswer(WalletTransactionAnswer):
    new_balance = serializers.CharField()


class Book(BackdatableBody):
    amounts = {"amount": "currency"}

    type = WordField(("CREDIT", "DEBIT"))
    amount = MoneyField()
    currency = CurrencyField()
    description = TextField(max_length=500, min_length=0, default="")
    reference_id = TextField(max_length=100)
    reference_type = TextField(max_length=50)
    metadata = MetadataField(required=False)


def line_view(wallet: Wallet, line: WalletLine) -> dict[str, Any]:
    """A document as its wallet sees it; `amount` is positive, `type` says which way it went (R68, C10)."""
    scale = get_asset(line.asset).cash_scale
    balance = None if line.balance_after is None else format_amount(line.balance_after, scale)
    return {
        "txn_id": str(line.id),
        "wallet_id": str(wallet.id),
        "type": line.type,
        "amount": format_amount(line.amount, scale),
        "currency": line.asset,
        "description": line.description,
        "status": line.status,
        "state": line.state,
        "reference_id": line.reference_id,
        "reference_type": line.reference_type,
        "balance_after": balance,
        "created_at": rfc3339(line.created_at),
    }


class WalletTransactionsView(ServiceView):
    policy = {"GET": READERS, "POST": allow("SYSTEM", scope="bookings:write")}

    @operation(
        "List a wallet's transactions",
        query=HistoryQuery,
        answer=HistoryAnswer,
        codes=("pagination.invalid",),
        example={"transactions": [EXAMPLE], "pagination": {"page": 1, "limit": 20, "total": 1}},
        description="Newest first. `Link` carries the cursor of the next page. Where the service reads from a replica, "
        "what was posted in the last moments may be missing; the balance is always current.",
    )
    def get(self, request: Request, wallet_id: UUID) -> Response:
        wallet = get_wallet(caller_of(request), wallet_id)
        query = self.query(HistoryQuery)
        zone = ZoneInfo(wallet.user.company.timezone)
        start, end = bounds(query.get("start_date"), query.get("end_date"), zone, end_name="end_date")
        wanted = WalletFilter(query["type"], query["status"], start, end)
        offset = 0 if query["position"] else (query["page"] - 1) * query["limit"]

        def read() -> tuple[int, Page[Transaction], list[WalletLine]]:
            history = wallet_history(wallet.id, wanted)
            if offset:
                page = paginate(history, query, offset=offset, is_monthly=True)
            else:
                page = paginate_together(*wallet_sides(wallet.id, wanted), query=query, is_monthly=True)
            return history.count(), page, list(wallet_lines(wallet.id, wallet.currency, page.rows))

        total, page, lines = may_lag(read)
        views = [line_view(wallet, line) for line in lines]
        pagination = {"page": query["page"], "limit": query["limit"], "total": total}
        headers = {"Link": self._link(page.next_cursor, query["limit"])} if page.next_cursor else {}
        return Response({"transactions": views, "pagination": pagination}, headers=headers)

    def _link(self, cursor: str, limit: int) -> str:
        return f'<{self.request.path}?{urlencode({"cursor": cursor, "limit": limit})}>; rel="next"'

    @operation(
        "Credit or debit a wallet on behalf of another service",
        body=Book,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=BookingAnswer,
        status=201,
        codes=(
            "money.invalid",
            "money.scale_exceeded",
            "currency.unsupported",
            "currency.mismatch",
            "funds.insufficient",
            "limit.exceeded",
            "wallet.closed",
            "wallet.frozen",
            "wallet.suspended",
            "transfer.duplicate_reference",
            "precondition.failed",
        ),
        body_example={
            "type": "DEBIT",
            "amount": "12.50",
            "currency": "EUR",
            "description": "Train to Hamburg",
            "reference_id": "booking-4711",
            "reference_type": "booking",
        },
        example={**EXAMPLE, "new_balance": "113.00"},
        takes_key="optional",
        headers=LOCK_HEADER,
        description="(`reference_type`, `reference_id`, `type`) is the key: the same request again gets the first "
        "answer, another request under the same reference 409 `transfer.duplicate_reference`. " + BACKDATING,
    )
    def post(self, request: Request, wallet_id: UUID) -> HttpResponse:
        self.idempotency_key(required=False)
        lock_id = presented_lock(request)
        reach = get_reach(caller_of(request), wallet_id)
        wallet, wanted = reach.wallet, self.body(Book)
        limit_wallet(wallet.id, wanted["type"].lower())
        booking = BookingRequest(reach=reach, direction=wanted.pop("type"), request_hash=self.request_hash(), **wanted)
        caller, origin = caller_of(request), origin_of(request)
        command = prepare_booking(booking, caller=caller, origin=origin, lock_id=lock_id)
        asset = get_asset(booking.currency)
        if self.query(MoneyQuery)["dry_run"]:
            return rehearsal(rehearse_booking(command), asset, caller_of(request))

        def body(result: Result) -> dict[str, Any]:
            line = WalletLine.just_posted(command, result.recorded_at, result.wallet(wallet.id))
            view = line_view(wallet, line)
            return {**view, "new_balance": view["balance_after"]}

        return answer(post_booking(command, wallet_id=wallet.id, render=renderer(self, asset, body)))
