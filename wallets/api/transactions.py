"""`/v1/transactions/{txn_id}`: a document, its history and its entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.times import rfc3339
from ledger.api.views import ServiceView, tagged
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.transactions import Entry, Event, Transaction, entries_of, events_of, state_after
from wallets.selectors.transactions import get_visible_transaction, sees_payer, visible_wallet_ids

READERS = allow(*PEOPLE, scope="wallets:read")

REFUSED_STEP = "ReservationRefused"

TXN_ID = "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0a1"
EXAMPLE: dict[str, Any] = {
    "txn_id": TXN_ID,
    "type": "TRANSFER",
    "state": "COMPLETED",
    "status": "COMPLETED",
    "source_wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
    "destination_wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c011",
    "amount": "12.50",
    "fee_amount": "0.00",
    "total_amount": "12.50",
    "currency": "EUR",
    "original_txn_id": None,
    "refunded_amount": "0.00",
    "reference_id": "",
    "reference_type": "",
    "description": "Lunch",
    "metadata": {},
    "initiated_by": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
    "created_at": "2026-03-14T16:05:12.000000Z",
    "updated_at": "2026-03-14T16:05:12.000000Z",
    "completed_at": "2026-03-14T16:05:12.000000Z",
    "version": 1,
}


class TransactionAnswer(serializers.Serializer[Any]):
    txn_id = serializers.UUIDField()
    type = serializers.CharField()
    state = serializers.CharField()
    status = serializers.CharField()
    source_wallet_id = serializers.UUIDField(allow_null=True)
    destination_wallet_id = serializers.UUIDField(allow_null=True)
    amount = serializers.CharField()
    fee_amount = serializers.CharField()
    total_amount = serializers.CharField()
    currency = serializers.CharField()
    original_txn_id = serializers.UUIDField(allow_null=True, help_text="What a refund or a reversal undoes.")
    refunded_amount = serializers.CharField(help_text="What was given back of `amount`.")
    reference_id = serializers.CharField(allow_blank=True)
    reference_type = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    metadata = serializers.DictField()
    initiated_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class EventAnswer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    type = serializers.CharField()
    state = serializers.CharField()
    seq = serializers.IntegerField()
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    actor_id = serializers.UUIDField(allow_null=True)
    metadata = serializers.DictField()


class EventsAnswer(serializers.Serializer[Any]):
    data = EventAnswer(many=True)  # type: ignore[assignment]  # a field: the metaclass takes it off the class


class EntryAnswer(serializers.Serializer[Any]):
    entry_id = serializers.UUIDField()
    event_id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    wallet_id = serializers.UUIDField(allow_null=True)
    bucket = serializers.CharField()
    book = serializers.CharField()
    amount = serializers.CharField(help_text="Signed.")
    currency = serializers.CharField()
    balance_after = serializers.CharField(
        allow_null=True, help_text="Empty for the service's own accounts, and for wallets that you may not see."
    )
    account_seq = serializers.IntegerField(allow_null=True)


class EntriesAnswer(serializers.Serializer[Any]):
    data = EntryAnswer(many=True)  # type: ignore[assignment]  # likewise


class TransactionView(ServiceView):
    policy = {"GET": READERS}

    @operation("Show a transaction", answer=TransactionAnswer, example=EXAMPLE, is_tagged=True)
    def get(self, request: Request, txn_id: UUID) -> Response:
        transaction = get_visible_transaction(caller_of(request), txn_id)
        return tagged(transaction_view(transaction), transaction.version)


class TransactionEventsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a transaction's history",
        answer=EventsAnswer,
        example={
            "data": [
                {
                    "event_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60000",
                    "type": "TransactionCompleted",
                    "state": "COMPLETED",
                    "seq": 1,
                    "effective_at": "2026-03-14T16:05:12.000000Z",
                    "recorded_at": "2026-03-14T16:05:12.000000Z",
                    "reason": "",
                    "actor_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
                    "metadata": {},
                }
            ]
        },
        description="What was refused to the payer later is the payer's business: the receiver's list leaves it out.",
    )
    def get(self, request: Request, txn_id: UUID) -> Response:
        caller = caller_of(request)
        transaction = get_visible_transaction(caller, txn_id)
        views = event_views(events_of(transaction.id), transaction.asset_id)
        if any(view["type"] == REFUSED_STEP for view in views) and not sees_payer(caller, transaction):
            views = [view for view in views if view["type"] != REFUSED_STEP]
        return Response({"data": views})


class TransactionEntriesView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Show a transaction's entries",
        answer=EntriesAnswer,
        example={
            "data": [
                {
                    "entry_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60001",
                    "event_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b60000",
                    "account_id": "5b1f6a1e-9a57-5c0e-8f2e-4d7c0e9a1b22",
                    "wallet_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010",
                    "bucket": "AVAILABLE",
                    "book": "money",
                    "amount": "-12.50",
                    "currency": "EUR",
                    "balance_after": "113.00",
                    "account_seq": 6,
                }
            ]
        },
        description="Signed lines that add up to zero per book and currency. Those of the book `allowance` are what "
        "the payer's budgets and limits gave; they are shown to who sees the payer.",
    )
    def get(self, request: Request, txn_id: UUID) -> Response:
        caller = caller_of(request)
        document = get_visible_transaction(caller, txn_id)
        entries = entries_of(document.id)
        payer_id = document.source_wallet_id or document.destination_wallet_id
        wallet_ids = {payer_id, *(entry.owner_id for entry in entries)} - {None}
        visible = visible_wallet_ids(caller, (id for id in wallet_ids if id is not None))
        shown = [entry for entry in entries if entry.is_money or payer_id in visible]
        return Response({"data": [entry_view(entry, entry.owner_id in visible) for entry in shown]})


def transaction_view(row: Transaction) -> dict[str, Any]:
    scale = get_asset(row.asset_id).cash_scale
    return {
        "txn_id": str(row.id),
        "type": row.type,
        "state": row.state,
        "status": row.status,
        "source_wallet_id": row.source_wallet_id and str(row.source_wallet_id),
        "destination_wallet_id": row.destination_wallet_id and str(row.destination_wallet_id),
        "amount": format_amount(row.amount, scale),
        "fee_amount": format_amount(row.fee_amount, scale),
        "total_amount": format_amount(row.total_amount, scale),
        "currency": row.asset_id,
        "original_txn_id": row.original_transaction_id and str(row.original_transaction_id),
        "refunded_amount": format_amount(row.refunded_amount, scale),
        "reference_id": row.reference_id,
        "reference_type": row.reference_type,
        "description": row.description,
        "metadata": row.metadata,
        "initiated_by": row.initiated_by and str(row.initiated_by),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "completed_at": rfc3339(row.completed_at),
        "version": row.version,
    }


_FIGURES = ("amount", "captured_amount", "released_amount", "refunded_amount")


def event_views(events: Iterable[Event], asset_code: str) -> list[dict[str, Any]]:
    """A document's history, in order."""
    scale, state, views = get_asset(asset_code).cash_scale, "", []
    for event in events:
        facts = event.facts
        state = state_after(event.type, facts, before=state)
        views.append(event_view(event, facts, state, scale))
    return views


def event_view(event: Event, facts: dict[str, Any], state: str, scale: int) -> dict[str, Any]:
    return {
        "event_id": str(event.id),
        "type": event.type,
        "state": state,
        "seq": event.seq,
        "effective_at": rfc3339(event.effective_at),
        "recorded_at": rfc3339(event.recorded_at),
        "reason": facts.get("code") or facts.get("reason") or facts.get("effective_reason", ""),
        "actor_id": event.actor_id,
        "metadata": _told_besides(event, facts, scale),
    }


def _told_besides(event: Event, facts: dict[str, Any], scale: int) -> dict[str, Any]:
    """What an event says that the document does not: its hold, and of later events the figures after them."""
    hold = facts.get("hold") or facts
    told: dict[str, Any] = {**facts.get("metadata", {})}
    if "hold_id" in hold:
        told["reservation_id"] = hold["hold_id"]
    if "expires_at" in hold:
        told["expires_at"] = rfc3339(datetime.fromisoformat(hold["expires_at"])) or ""
    if event.seq > 1:
        told |= {name: facts[name] for name in ("wanted", "undone_by") if name in facts}
        told |= {name: format_amount(Decimal(facts[name]), scale) for name in _FIGURES if name in facts}
    return told


def entry_view(entry: Entry, is_visible: bool) -> dict[str, Any]:
    """A line. What another person's wallet holds afterwards is not told to whoever paid into it."""
    scale = get_asset(entry.asset).cash_scale
    shown = is_visible and entry.balance_after is not None
    return {
        "entry_id": str(entry.id),
        "event_id": str(entry.event_id),
        "account_id": str(entry.account_id),
        "wallet_id": str(entry.owner_id) if entry.owner_type == "WALLET" else None,
        "bucket": entry.bucket,
        "book": entry.book,
        "amount": format_amount(entry.amount, scale),
        "currency": entry.asset,
        "balance_after": format_amount(entry.balance_after, scale)
        if shown and entry.balance_after is not None
        else None,
        "account_seq": entry.account_seq if shown else None,
    }
