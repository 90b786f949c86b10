"""`/v1/wallets/{wallet_id}/balance`: now, then, and as it was known then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery
from ledger.api.times import InstantField, rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.balances import Figures, wallet_figures_at
from ledger.selectors.clock import database_now
from wallets.api.wallets import READERS
from wallets.models import Wallet
from wallets.selectors.balances import get_wallet_and_figures
from wallets.selectors.wallets import get_wallet


class BalanceQuery(StrictQuery):
    at = InstantField(required=False, help_text="The balance as of this instant (what counted by then).")
    known_at = InstantField(required=False, help_text="Leave out what was recorded later than this.")


class BalanceAnswer(serializers.Serializer[Any]):
    wallet_id = serializers.UUIDField()
    currency = serializers.CharField()
    scale = serializers.IntegerField(help_text="Decimals that the ledger keeps of this currency.")
    available = serializers.CharField()
    pending = serializers.CharField()
    reserved = serializers.CharField()
    version = serializers.IntegerField()
    as_of = serializers.DateTimeField()


class BalanceView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a wallet's balance, now or at any instant",
        query=BalanceQuery,
        answer=BalanceAnswer,
        example={
            "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
            "currency": "EUR",
            "scale": 4,
            "available": "125.50",
            "pending": "0.00",
            "reserved": "0.00",
            "version": 7,
            "as_of": "2026-03-14T16:05:12.000000Z",
        },
        is_tagged=True,
        description="Never older than a write that you have had acknowledged.",
    )
    def get(self, request: Request, wallet_id: UUID) -> Response:
        caller, query = caller_of(request), self.query(BalanceQuery)
        if query:
            wallet = get_wallet(caller, wallet_id)
            now = database_now()
            at, known_at = query.get("at", now), query.get("known_at", now)
            figures = wallet_figures_at(wallet_id=wallet.id, asset=wallet.currency, at=at, known_at=known_at)
            return Response(_balance_view(wallet, figures, at))
        wallet, figures = get_wallet_and_figures(caller, wallet_id)
        return tagged(_balance_view(wallet, figures, datetime.now(UTC)), figures.version)


def _balance_view(wallet: Wallet, figures: Figures, as_of: datetime) -> dict[str, Any]:
    asset = get_asset(wallet.currency)
    return {
        "wallet_id": str(wallet.id),
        "currency": asset.code,
        "scale": asset.scale,
        "available": format_amount(figures.available, asset.cash_scale),
        "pending": format_amount(figures.pending, asset.cash_scale),
        "reserved": format_amount(figures.reserved, asset.cash_scale),
        "version": figures.version,
        "as_of": rfc3339(as_of),
    }
