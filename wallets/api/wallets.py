"""`/wallets`: opening and finding them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.selectors.scope import users_visible_to
from ledger.api.fields import CurrencyField, IdField, MoneyField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.errors import InvalidInput
from ledger.money import ZERO, format_amount
from ledger.selectors.assets import WALLET_CURRENCIES, get_asset
from ledger.selectors.balances import Figures, wallet_figures
from ledger.services.claims import Reply
from ledger.services.movements import Claim
from wallets.api.replies import answer, claim_of, origin_of, problem_reply
from wallets.errors import WalletExists
from wallets.models import Wallet, WalletStatus, WalletType
from wallets.selectors.wallets import find_wallets, get_wallets_by_any_id
from wallets.services.wallets import Opening, open_wallet, remember_existing

TYPES, STATUSES = tuple(WalletType.values), tuple(WalletStatus.values)
FILTERS: tuple[str, ...] = ("user_id", "status", "currency", "type")
READERS = allow(*PEOPLE, scope="wallets:read")

EXAMPLE = {
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "type": "PRIMARY",
    "currency": "EUR",
    "status": "ACTIVE",
    "balance": "125.50",
    "available": "125.50",
    "pending": "0.00",
    "reserved": "0.00",
    "created_at": "2026-03-02T09:30:00.000000Z",
    "updated_at": "2026-03-14T16:05:12.000000Z",
    "version": 7,
}


class WalletAnswer(serializers.Serializer[Any]):
    """A wallet and its figures. `balance` is what is available."""

    wallet_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    type = serializers.ChoiceField(TYPES)
    currency = serializers.ChoiceField(WALLET_CURRENCIES)
    status = serializers.ChoiceField(STATUSES)
    balance = serializers.CharField()
    available = serializers.CharField()
    pending = serializers.CharField()
    reserved = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class AnyWalletAnswer(WalletAnswer):
    wallets = WalletAnswer(many=True, required=False, help_text="All wallets of the user, when asked by a user's id.")


class OpenWallet(StrictSerializer):
    amounts = {"initial_balance": "currency"}

    user_id = IdField()
    currency = CurrencyField(among=WALLET_CURRENCIES)
    type = WordField(TYPES, default=WalletType.PRIMARY.value)
    initial_balance = MoneyField(zero_allowed=True, default=ZERO, help_text="From the company's funding account.")


class WalletQuery(PageQuery):
    user_id = IdField(required=False)
    status = WordField(STATUSES, required=False)
    currency = CurrencyField(among=WALLET_CURRENCIES, required=False)
    type = WordField(TYPES, required=False)


def wallet_view(wallet: Wallet, figures: Figures) -> dict[str, Any]:
    """A wallet as docs/interface.md shows it. It was updated when its document or its figures last were."""
    scale = get_asset(wallet.currency).cash_scale
    available = format_amount(figures.available, scale)
    updated_at = max(wallet.updated_at, figures.updated_at or wallet.updated_at)
    return {
        "wallet_id": str(wallet.id),
        "user_id": str(wallet.user_id),
        "type": wallet.type,
        "currency": wallet.currency,
        "status": wallet.status,
        "balance": available,
        "available": available,
        "pending": format_amount(figures.pending, scale),
        "reserved": format_amount(figures.reserved, scale),
        "created_at": rfc3339(wallet.created_at),
        "updated_at": rfc3339(updated_at),
        "version": figures.version,
    }


def wallet_views(wallets: list[Wallet]) -> list[dict[str, Any]]:
    """Several wallets, their figures read together."""
    figures = wallet_figures([wallet.id for wallet in wallets])
    return [wallet_view(wallet, figures[wallet.id]) for wallet in wallets]


class WalletsView(ServiceView):
    policy = {"GET": READERS, "POST": allow("MANAGER", "FINANCE", scope="wallets:write")}

    @operation(
        "List wallets",
        query=WalletQuery,
        answer=page_of(WalletAnswer),
        codes=("pagination.invalid", "currency.unsupported"),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Employees see their own, managers their team's, everybody else the company's.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(WalletQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        page = paginate(find_wallets(caller_of(request), filters), query)
        views = dict(zip([wallet.id for wallet in page.rows], wallet_views(page.rows), strict=True))
        return Response(page.body(lambda wallet: views[wallet.id]))

    @operation(
        "Open a wallet",
        body=OpenWallet,
        answer=WalletAnswer,
        status=201,
        codes=("money.invalid", "money.scale_exceeded", "currency.unsupported", "wallet.already_exists"),
        body_example={"user_id": EXAMPLE["user_id"], "currency": "EUR", "initial_balance": "125.50"},
        example={**EXAMPLE, "version": 2, "updated_at": EXAMPLE["created_at"]},
        takes_key="optional",
        is_tagged=True,
        description="One live PRIMARY wallet per person, and one live wallet per person, type and currency; "
        "a second one is refused with the first one's id in `existing_id`.",
    )
    def post(self, request: Request) -> HttpResponse:
        key = self.idempotency_key(required=False)
        wanted = self.body(OpenWallet)
        owner = users_visible_to(caller_of(request)).filter(id=wanted["user_id"]).first()
        if owner is None:
            raise InvalidInput("There is no such user.", pointer="/user_id")
        opening = Opening(
            owner=owner,
            currency=wanted["currency"],
            type=wanted["type"],
            initial_balance=wanted["initial_balance"],
        )
        return self._open(opening, claim_of(self, key) if key else None)

    def _open(self, opening: Opening, claim: Claim | None) -> HttpResponse:
        origin = origin_of(self.request)

        def render(wallet: Wallet, figures: Figures) -> Reply:
            return Reply(201, json.dumps(wallet_view(wallet, figures)))

        try:
            _, outcome = open_wallet(opening, origin=origin, claim=claim, render=render)
        except WalletExists as refusal:
            if claim is None:
                raise
            reply = problem_reply(self, refusal)
            return answer(remember_existing(refusal, origin=origin, claim=claim, reply=reply))
        response = answer(outcome)
        if response.status_code == 201:
            response.headers["ETag"] = f'"v{2 if opening.initial_balance else 1}"'
        return response


class WalletView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a wallet",
        answer=AnyWalletAnswer,
        example=EXAMPLE,
        is_tagged=True,
        description="By a wallet's id that wallet; by a user's id the user's PRIMARY wallet, with all of the user's "
        "wallets in `wallets`.",
    )
    def get(self, request: Request, id: UUID) -> Response:
        views = wallet_views(get_wallets_by_any_id(caller_of(request), id))
        first = views[0]
        data = first if first["wallet_id"] == str(id) else {**first, "wallets": views}
        return tagged(data, first["version"])
