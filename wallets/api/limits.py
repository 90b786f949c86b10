"""`/v1/limits`: how much or how often somebody may spend (R133, R247)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitStatus, LimitWindow
from budgets.selectors.limits import LimitFigures, Usage, limit_figures, limit_name
from budgets.services.limits import LimitSpec
from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from ledger.api.fields import CurrencyField, IdField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.api.budget_bodies import require_allowances
from wallets.api.budgets import KEEPERS, MONEY, READERS
from wallets.selectors.budgets import find_visible_limits, get_visible_limit, require_visible_user
from wallets.selectors.wallets import get_wallet
from wallets.services.budgets import calendar_of_company
from wallets.services.limits import put_limit, stop_limit

TYPES, WINDOWS = tuple(LimitedType.values), tuple(LimitWindow.values)
FILTERS = ("user_id", "wallet_id")
EXAMPLE = {
    "limit_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0c1",
    "user_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "wallet_id": None,
    "name": "Daily payment limit",
    "limited_type": "PAYMENT",
    "window": "DAILY",
    "currency": "EUR",
    "max_amount": "100.00",
    "max_count": 5,
    "status": "ACTIVE",
    "created_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c002",
    "created_at": "2026-03-01T09:30:00.000000Z",
    "updated_at": "2026-03-01T09:30:00.000000Z",
    "version": 1,
}
USAGE_EXAMPLE = {
    **EXAMPLE,
    "amount": {"maximum": "100.00", "used": "40.00", "reserved": "10.00", "remaining": "50.00"},
    "count": {"maximum": 5, "used": 2, "reserved": 1, "remaining": 2},
    "resets_at": "2026-03-14T23:00:00.000000Z",
}


class SetLimit(StrictSerializer):
    """Whose, of what, over what and in which currency find the limit; its figures are set or replaced."""

    amounts = {"max_amount": "currency"}

    user_id = IdField()
    wallet_id = IdField(required=False, help_text="One wallet of the user's; all of them together without it.")
    limited_type = WordField(TYPES, default=LimitedType.ANY.value)
    window = WordField(WINDOWS)
    currency = CurrencyField()
    max_amount = MoneyField(required=False, help_text="Any amount without it.")
    max_count = WholeNumberField(
        min_value=1, max_value=1_000_000, required=False, help_text="Any number without it; not PER_TRANSACTION."
    )
    reason = TextField(max_length=500, help_text="Why; kept for ever.")


class EndLimit(StrictSerializer):
    reason = TextField(max_length=500, help_text="Why; kept for ever.")


class LimitQuery(PageQuery):
    user_id = IdField(required=False)
    wallet_id = IdField(required=False)


class LimitAnswer(serializers.Serializer[Any]):
    limit_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    limited_type = serializers.ChoiceField(TYPES)
    window = serializers.ChoiceField(WINDOWS)
    currency = serializers.CharField()
    max_amount = serializers.CharField(allow_null=True)
    max_count = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(tuple(LimitStatus.values))
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class AmountUsageAnswer(serializers.Serializer[Any]):
    maximum = serializers.CharField()
    used = serializers.CharField()
    reserved = serializers.CharField()
    remaining = serializers.CharField()


class CountUsageAnswer(serializers.Serializer[Any]):
    maximum = serializers.IntegerField()
    used = serializers.IntegerField()
    reserved = serializers.IntegerField()
    remaining = serializers.IntegerField()


class LimitUsageAnswer(LimitAnswer):
    """Null where the limit says nothing, or looks at each spend alone."""

    amount = AmountUsageAnswer(allow_null=True)
    count = CountUsageAnswer(allow_null=True)
    resets_at = serializers.DateTimeField(allow_null=True)


def limit_view(limit: Limit) -> dict[str, Any]:
    scale = get_asset(limit.currency).cash_scale
    return {
        "limit_id": str(limit.id),
        "user_id": str(limit.user_id),
        "wallet_id": None if limit.wallet_id is None else str(limit.wallet_id),
        "name": limit_name(limit),
        "limited_type": limit.limited_type,
        "window": limit.window,
        "currency": limit.currency,
        "max_amount": None if limit.max_amount is None else format_amount(limit.max_amount, scale),
        "max_count": limit.max_count,
        "status": limit.status,
        "created_by": None if limit.created_by is None else str(limit.created_by),
        "created_at": rfc3339(limit.created_at),
        "updated_at": rfc3339(limit.updated_at),
        "version": limit.version,
    }


def usage_view(limit: Limit, figures: LimitFigures) -> dict[str, Any]:
    scale = get_asset(limit.currency).cash_scale
    amount = {name: format_amount(figure, scale) for name, figure in _figures(figures.amount).items()}
    count = {name: int(figure) for name, figure in _figures(figures.count).items()}
    return {
        **limit_view(limit),
        "amount": amount or None,
        "count": count or None,
        "resets_at": rfc3339(figures.resets_at),
    }


def _figures(usage: Usage | None) -> dict[str, Any]:
    return {} if usage is None else {name: getattr(usage, name) for name in Usage.__slots__}


class LimitsView(ServiceView):
    policy = {"GET": READERS, "PUT": KEEPERS}

    @operation(
        "List limits",
        query=LimitQuery,
        answer=page_of(LimitAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Those that bind: of yourself, of a manager's team, of the company.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(LimitQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        page = paginate(find_visible_limits(caller_of(request), filters), query)
        return Response(page.body(limit_view))

    @operation(
        "Set a limit",
        body=SetLimit,
        answer=LimitAnswer,
        codes=(*MONEY, "currency.unsupported", "not_found", "lock.timeout", "outcome.unknown"),
        body_example={
            "user_id": EXAMPLE["user_id"],
            "limited_type": "PAYMENT",
            "window": "DAILY",
            "currency": "EUR",
            "max_amount": "100.00",
            "max_count": 5,
            "reason": "As agreed for interns.",
        },
        example=EXAMPLE,
        is_tagged=True,
        description="One binds per user, wallet, type, window and currency; the same again with other figures changes "
        "it, and what was used in its window stays used. Days begin in the company's zone. Nobody sets his own.",
    )
    def put(self, request: Request) -> Response:
        caller, wanted = caller_of(request), self.body(SetLimit)
        user_id, wallet_id = wanted["user_id"], wanted.get("wallet_id")
        require_visible_user(caller, user_id)
        require_allowances(wanted, wanted["currency"])
        if wallet_id is not None and get_wallet(caller, wallet_id).user_id != user_id:
            raise InvalidInput("This is a wallet of somebody else.", pointer="/wallet_id")
        spec = LimitSpec(
            company_id=caller.company_id,
            user_id=user_id,
            wallet_id=wallet_id,
            limited_type=LimitedType(wanted["limited_type"]),
            window=LimitWindow(wanted["window"]),
            currency=wanted["currency"],
            max_amount=wanted.get("max_amount"),
            max_count=wanted.get("max_count"),
            calendar=calendar_of_company(caller.company),
        )
        limit = put_limit(caller=caller, spec=spec, reason=wanted["reason"], origin=origin_of(request))
        limit.refresh_from_db(fields=["created_at"])
        return tagged(limit_view(limit), limit.version)


class LimitUsageView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show what is used and left of limits",
        query=LimitQuery,
        answer=page_of(LimitUsageAnswer),
        codes=("pagination.invalid",),
        example={"data": [USAGE_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="In their present windows, and when those end.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(LimitQuery)
        filters = {name: query[name] for name in FILTERS if name in query}
        page = paginate(find_visible_limits(caller_of(request), filters), query)
        figures = limit_figures(page.rows)
        return Response(page.body(lambda limit: usage_view(limit, figures[limit.id])))


class LimitEndView(ServiceView):
    policy = {"POST": KEEPERS}

    @operation(
        "End a limit",
        body=EndLimit,
        answer=LimitAnswer,
        codes=("lock.timeout", "outcome.unknown"),
        body_example={"reason": "No intern any more."},
        example={**EXAMPLE, "status": "ENDED", "version": 2},
        is_tagged=True,
        description="Nothing asks it any more. That is final; once more changes nothing.",
    )
    def post(self, request: Request, limit_id: UUID) -> Response:
        caller, wanted = caller_of(request), self.body(EndLimit)
        limit = get_visible_limit(caller, limit_id)
        ended = stop_limit(caller=caller, limit=limit, reason=wanted["reason"], origin=origin_of(request))
        return tagged(limit_view(ended), ended.version)
