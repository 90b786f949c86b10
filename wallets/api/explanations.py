"""`/v1/wallets/{wallet_id}/balance/explain`: every part of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.pagination import Cursor, PageInfo, PageQuery, Position
from ledger.api.schema import operation
from ledger.api.times import InstantField, rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.selectors.explanation import Explanation, Part, Place, Sum, explain_balance
from ledger.selectors.holds import Hold, open_holds_at
from wallets.api.company_balances import BucketsAnswer
from wallets.api.wallets import READERS
from wallets.models import Wallet
from wallets.selectors.wallets import get_wallet


class ExplainQuery(PageQuery):
    at = InstantField(required=False, help_text="The balance as of this instant (what counted by then).")
    known_at = InstantField(required=False, help_text="Leave out what was recorded later than this.")

    def get_fields(self) -> dict[str, Any]:
        """The parts have one order."""
        return {name: field for name, field in super().get_fields().items() if name != "order"}


class BalanceSnapshotAnswer(BucketsAnswer):
    at = serializers.DateTimeField()
    postings = serializers.IntegerField(help_text="How many postings lie in it.")


class PartsTotalAnswer(BucketsAnswer):
    postings = serializers.IntegerField(help_text="How many postings these are, on all pages together.")


class BalancePartAnswer(serializers.Serializer[Any]):
    entry_id = serializers.UUIDField()
    txn_id = serializers.UUIDField()
    type = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    bucket = serializers.ChoiceField(("AVAILABLE", "PENDING", "RESERVED"))
    amount = serializers.CharField(help_text="Signed.")
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class OpenHoldAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    bucket = serializers.ChoiceField(("PENDING", "RESERVED"))
    amount = serializers.CharField(help_text="What is still held.")
    reservation_id = serializers.UUIDField(allow_null=True, help_text="The payer's business: empty on PENDING.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Likewise.")


class ExplainAnswer(BucketsAnswer):
    wallet_id = serializers.UUIDField()
    currency = serializers.CharField()
    at = serializers.DateTimeField()
    known_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    snapshot = BalanceSnapshotAnswer(allow_null=True)
    since = PartsTotalAnswer()
    open_holds = OpenHoldAnswer(many=True, help_text="What `reserved` is held for, and what `pending` waits for.")
    page = PageInfo()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "data": BalancePartAnswer(many=True)}


class ExplainView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Explain a wallet's balance, part by part",
        query=ExplainQuery,
        answer=ExplainAnswer,
        codes=("pagination.invalid",),
        example={
            "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
            "currency": "EUR",
            "at": "2026-03-14T16:05:12.000000Z",
            "known_at": "2026-03-14T16:05:12.000000Z",
            "available": "113.00",
            "pending": "0.00",
            "reserved": "0.00",
            "version": 7,
            "snapshot": {
                "at": "2026-03-14T00:15:00.000000Z",
                "available": "125.50",
                "pending": "0.00",
                "reserved": "0.00",
                "postings": 5,
            },
            "since": {"available": "-12.50", "pending": "0.00", "reserved": "0.00", "postings": 1},
            "open_holds": [],
            "data": [
                {
                    "entry_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60001",
                    "txn_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1",
                    "type": "PAYMENT",
                    "description": "Train to Hamburg",
                    "bucket": "AVAILABLE",
                    "amount": "-12.50",
                    "effective_at": "2026-03-14T16:05:12.000000Z",
                    "recorded_at": "2026-03-14T16:05:12.000000Z",
                }
            ],
            "page": {"next_cursor": None, "has_more": False},
        },
        description="`snapshot` plus `since` is the figure, bucket by bucket, and `data` lists what `since` is made "
        "of, in the order in which it was recorded.",
    )
    def get(self, request: Request, wallet_id: UUID) -> Response:
        wallet, query = get_wallet(caller_of(request), wallet_id), self.query(ExplainQuery)
        now, position = database_now(), query["position"]
        at, known_at = query.get("at", now), query.get("known_at", now)
        explanation = explain_balance(
            wallet_id=wallet.id,
            asset=wallet.currency,
            at=at,
            known_at=known_at,
            after=position and Place(position.created_at, position.id),
            limit=query["limit"],
        )
        # The next page answers for the same instants, whenever it is asked for.
        instants = {"at": str(rfc3339(at)), "known_at": str(rfc3339(known_at))}
        following = Cursor({**query["next"].question, **instants}, query["next"].salt)
        holds = open_holds_at(wallet_id=wallet.id, at=at, known_at=known_at)
        return Response({**_explanation_view(wallet, explanation, holds, following), **instants})


def _explanation_view(
    wallet: Wallet, explanation: Explanation, holds: Sequence[Hold], following: Cursor
) -> dict[str, Any]:
    scale, figures, base_at = get_asset(wallet.currency).cash_scale, explanation.figures, explanation.base_at
    cursor = None
    if explanation.has_more:
        last = explanation.parts[-1]
        cursor = following.after(Position(last.recorded_at, last.id))
    return {
        "wallet_id": str(wallet.id),
        "currency": wallet.currency,
        "available": format_amount(figures.available, scale),
        "pending": format_amount(figures.pending, scale),
        "reserved": format_amount(figures.reserved, scale),
        "version": figures.version,
        "snapshot": base_at and {"at": rfc3339(base_at), **_sum_view(explanation.base, scale)},
        "since": _sum_view(explanation.since, scale),
        "open_holds": [_hold_view(wallet, hold, scale) for hold in holds],
        "data": [_part_view(part, scale) for part in explanation.parts],
        "page": {"next_cursor": cursor, "has_more": cursor is not None},
    }


def _hold_view(wallet: Wallet, hold: Hold, scale: int) -> dict[str, Any]:
    is_payer = hold.wallet_id == wallet.id
    return {
        "txn_id": str(hold.transaction_id),
        "bucket": "RESERVED" if is_payer else "PENDING",
        "amount": format_amount(hold.rest, scale),
        "reservation_id": str(hold.id) if is_payer else None,
        "expires_at": rfc3339(hold.expires_at) if is_payer else None,
    }


def _sum_view(sum: Sum, scale: int) -> dict[str, Any]:
    amounts = {bucket.lower(): format_amount(amount, scale) for bucket, amount in sum.amounts.items()}
    return {**amounts, "postings": sum.postings}


def _part_view(part: Part, scale: int) -> dict[str, Any]:
    return {
        "entry_id": str(part.id),
        "txn_id": str(part.transaction_id),
        "type": part.type,
        "description": part.description,
        "bucket": part.bucket,
        "amount": format_amount(part.amount, scale),
        "effective_at": rfc3339(part.effective_at),
        "recorded_at": rfc3339(part.recorded_at),
    }
