"""`/v1/balances/changes`: the balance after each change, over all wallets (R10, R11)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.fields import IdField
from ledger.api.pagination import PageQuery, Position, page_of
from ledger.api.schema import operation
from ledger.api.times import InstantOrDateField, bounds, rfc3339
from ledger.api.views import ServiceView
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.changes import changes_of_wallet, changes_of_wallets, read_changes
from ledger.selectors.clock import database_now
from wallets.api.wallets import READERS
from wallets.selectors.scope import ledger_scope
from wallets.selectors.wallets import get_wallet

EXAMPLE = {
    "entry_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60001",
    "event_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60000",
    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "bucket": "AVAILABLE",
    "currency": "EUR",
    "amount": "-12.50",
    "balance_after": "113.00",
    "account_seq": 6,
    "effective_at": "2026-03-14T16:05:12.000000Z",
    "recorded_at": "2026-03-14T16:05:12.000000Z",
}


class ChangesQuery(PageQuery):
    wallet_id = IdField(required=False, help_text="One wallet. Default: all that you may see.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["from"] = InstantOrDateField(help_text="Asked for then or later: the time is that of `entry_id`.")
        fields["to"] = InstantOrDateField(required=False, help_text="Instant: exclusive; day: inclusive. Default now.")
        return fields


class BalanceChangeAnswer(serializers.Serializer[Any]):
    entry_id = serializers.UUIDField()
    event_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField()
    bucket = serializers.ChoiceField(("AVAILABLE", "PENDING", "RESERVED"))
    currency = serializers.CharField()
    amount = serializers.CharField(help_text="Signed.")
    balance_after = serializers.CharField(help_text="What the bucket held right after it was recorded.")
    account_seq = serializers.IntegerField(help_text="Counts the bucket's changes without a gap.")
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class BalanceChangesView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List the balance after each change",
        query=ChangesQuery,
        answer=page_of(BalanceChangeAnswer),
        codes=("pagination.invalid",),
        example={"data": [EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Over all wallets, in the order of `entry_id`, that is of the moment at which they were asked "
        "for. `recorded_at` is when they were decided, shortly after; `account_seq` tells in which order those of one "
        "bucket were.",
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), self.query(ChangesQuery)
        start, end = bounds(query["from"], query.get("to") or database_now(), ZoneInfo(caller.company.timezone))
        assert start is not None, "it is required"
        assert end is not None, "it has a default"
        if "wallet_id" in query:
            wallet = get_wallet(caller, query["wallet_id"])
            changes = changes_of_wallet(wallet.id, wallet.currency, start=start, end=end)
        else:
            changes = changes_of_wallets(ledger_scope(caller), start=start, end=end)
        position, limit = query["position"], query["limit"]
        is_descending = query["order"] == "desc"
        rows = read_changes(changes, after=position and position.id, is_descending=is_descending, limit=limit + 1)
        shown, cursor = rows[:limit], None
        if len(rows) > limit:
            cursor = query["next"].after(Position(shown[-1].recorded_at, shown[-1].id))
        page = {"next_cursor": cursor, "has_more": cursor is not None}
        return Response({"data": [_change_view(row) for row in shown], "page": page})


def _change_view(row: Any) -> dict[str, Any]:
    account = row.account
    scale = get_asset(account.asset_id).cash_scale
    return {
        "entry_id": str(row.id),
        "event_id": str(row.event_id),
        "wallet_id": str(account.owner_id),
        "bucket": account.bucket,
        "currency": account.asset_id,
        "amount": format_amount(row.amount, scale),
        "balance_after": format_amount(row.balance_after, scale),
        "account_seq": row.account_seq,
        "effective_at": rfc3339(row.effective_at),
        "recorded_at": rfc3339(row.recorded_at),
    }
