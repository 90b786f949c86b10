"""Documents, their events and their entries, as clients and the back office read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ledger.core.accounts import WALLET, Account, Book, Bucket, account_id
from ledger.core.commands import TransactionType, Transfer, Undo
from ledger.core.events import Stream
from ledger.ids import ID_LAG, floor_around, floor_id
from ledger.models import Event, Transaction
from ledger.money import ZERO
from ledger.selectors.replicas import reader

__all__ = [
    "Entry",
    "Event",
    "Transaction",
    "WalletFilter",
    "WalletLine",
    "companies_of",
    "entries_of",
    "events_of",
    "events_of_all",
    "get_transactions",
    "just_undone",
    "newest_documents",
    "state_after",
    "undone_by",
    "wallet_history",
    "wallet_lines",
    "wallet_sides",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting with what it belongs to; `owner_id` is the wallet's id when `owner_type` is WALLET."""

    id: UUID
    event_id: UUID
    transaction_id: UUID
    account_id: UUID
    owner_type: str
    owner_id: UUID
    book: str
    bucket: str
    asset: str
    amount: Decimal
    balance_after: Decimal | None
    account_seq: int | None

    @property
    def is_money(self) -> bool:
        """Otherwise it is what a budget or limit allows."""
        return self.book == Book.MONEY


@dataclass(frozen=True, slots=True)
class WalletLine:
    """A document as one of its wallets sees it: `amount` positive, `type` from that side (R52, R68).

    Attributes:
        balance_after: the wallet's AVAILABLE balance right after it; None when it moved nothing.
    """

    id: UUID
    type: str
    amount: Decimal
    asset: str
    description: str
    status: str
    state: str
    reference_id: str
    reference_type: str
    balance_after: Decimal | None
    created_at: datetime

    @classmethod
    def just_posted(cls, command: Transfer, recorded_at: datetime, wallet: Account) -> WalletLine:
        """Of a movement that was accepted a moment ago; `wallet` is the wallet's account after it."""
        document = command.document
        return cls(
            id=document.id,
            type=document.type.seen_from_wallet(incoming=document.destination_wallet_id == wallet.owner_id),
            amount=document.amount,
            asset=document.asset,
            description=document.description,
            status="COMPLETED",
            state="COMPLETED",
            reference_id=document.reference_id,
            reference_type=document.reference_type,
            balance_after=wallet.balance,
            created_at=recorded_at,
        )


@dataclass(frozen=True, slots=True)
class WalletFilter:
    """What of a wallet's history is wanted. Types are the wallet's view (CREDIT, TRANSFER_OUT, …); empty = all."""

    types: Sequence[str] = ()
    statuses: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None


def get_transactions(ids: Iterable[UUID]) -> list[Transaction]:
    """Those of the documents that exist, in any order."""
    return list(Transaction.objects.filter(id__in=list(ids)))


def undone_by(transaction_id: UUID) -> QuerySet[Transaction]:
    """The refunds and reversals of a document, refused ones too, in order. None is older than it."""
    undoing = Transaction.objects.filter(original_transaction_id=transaction_id)
    return undoing.filter(id__gte=floor_around(transaction_id)).order_by("created_at", "id")


def just_undone(command: Undo, recorded_at: datetime) -> Transaction:
    """The document of a refund or reversal that was accepted a moment ago, as its row is: made without a query."""
    document = command.document
    row = Transaction(
        id=document.id,
        company_id=document.company_id,
        type=document.type.value,
        state="COMPLETED",
        source_wallet_id=document.source_wallet_id,
        destination_wallet_id=document.destination_wallet_id,
        asset_id=document.asset,
        amount=document.amount,
        fee_amount=document.fee_amount,
        total_amount=document.total_amount,
        refunded_amount=ZERO,
        original_transaction_id=document.original_id,
        reference_type=document.reference_type,
        reference_id=document.reference_id,
        description=document.description,
        metadata=document.metadata,
        initiated_by=command.origin.actor_id,
        effective_at=command.effective_at or recorded_at,
        created_at=recorded_at,
        updated_at=recorded_at,
        completed_at=recorded_at,
    )
    row.status = "COMPLETED"  # the database makes it of the state
    return row


def companies_of(transaction_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The company of each document that exists."""
    return dict(Transaction.objects.filter(id__in=list(transaction_ids)).values_list("id", "company_id"))


def events_of(transaction_id: UUID) -> QuerySet[Event]:
    """The history of a document in order (R170). No event is older than its document: older months are left alone."""
    history = Event.objects.filter(stream=Stream.TRANSACTION, stream_id=transaction_id)
    return history.filter(id__gte=floor_around(transaction_id)).order_by("seq")


def events_of_all(transaction_ids: Iterable[UUID]) -> list[Event]:
    """The histories of documents, the newest event first; one query however many."""
    ids = list(transaction_ids)
    if not ids:
        return []
    history = Event.objects.filter(stream=Stream.TRANSACTION, stream_id__in=ids, id__gte=floor_around(min(ids)))
    return list(history.order_by("-recorded_at", "-seq"))


_STATE_AFTER = {"TransactionCompleted": "COMPLETED", "TransactionFailed": "FAILED"}


def state_after(event_type: str, facts: dict[str, Any], *, before: str) -> str:
    """The state of a document after an event in its history. One that says no state leaves it as it was."""
    state: str = facts.get("state") or _STATE_AFTER.get(event_type, before)
    return state


def wallet_history(wallet_id: UUID, wanted: WalletFilter) -> QuerySet[Transaction]:
    """The documents that touch a wallet, as a query set without order (R67).

    A payment that was refused is the payer's business: it does not appear in the receiver's history.
    """
    outgoing, incoming = _sides(wallet_id, wanted)
    return _among(outgoing | incoming, wanted)


def wallet_sides(wallet_id: UUID, wanted: WalletFilter) -> tuple[QuerySet[Transaction], QuerySet[Transaction]]:
    """The same in two parts, what goes out and what comes in: each lies in the order of its times in an index."""
    outgoing, incoming = _sides(wallet_id, wanted)
    return _among(outgoing, wanted), _among(incoming, wanted)


def newest_documents(wallet_id: UUID, *, most: int) -> list[Transaction]:
    """The last documents that touch a wallet, newest first."""
    outgoing, incoming = (
        side.order_by("-created_at", "-id")[:most] for side in wallet_sides(wallet_id, WalletFilter())
    )
    found = {row.id: row for row in outgoing.union(incoming, all=True)}
    return sorted(found.values(), key=lambda row: (row.created_at, row.id), reverse=True)[:most]


def _sides(wallet_id: UUID, wanted: WalletFilter) -> tuple[Q, Q]:
    outgoing = Q(source_wallet_id=wallet_id)
    incoming = Q(destination_wallet_id=wallet_id) & (~Q(state="FAILED") | Q(source_wallet_id__isnull=True))
    if wanted.types:
        outgoing &= Q(type__in=_types(wanted.types, incoming=False))
        incoming &= Q(type__in=_types(wanted.types, incoming=True))
    return outgoing, incoming


def _among(side: Q, wanted: WalletFilter) -> QuerySet[Transaction]:
    history = Transaction.objects.filter(side)
    if wanted.statuses:
        history = history.filter(status__in=wanted.statuses)
    if wanted.start is not None:
        # By id as well: the planner prunes months by the primary key (ADR 0003).
        history = history.filter(created_at__gte=wanted.start, id__gte=floor_id(wanted.start - ID_LAG))
    if wanted.end is not None:
        history = history.filter(created_at__lt=wanted.end, id__lt=floor_id(wanted.end + ID_LAG))
    return history


def _types(views: Sequence[str], *, incoming: bool) -> list[str]:
    return [type.value for type in TransactionType if type.seen_from_wallet(incoming=incoming) in views]


def wallet_lines(wallet_id: UUID, asset: str, rows: Sequence[Transaction]) -> list[WalletLine]:
    """Documents as a wallet sees them, with the balance after each; one query however many."""
    available = account_id(WALLET, wallet_id, asset, Bucket.AVAILABLE)
    entries = _entries([row.id for row in rows], account=available)
    balance = {entry.transaction_id: entry.balance_after for entry in entries}
    return [line_of(row, wallet_id, balance.get(row.id)) for row in rows]


def line_of(row: Transaction, wallet_id: UUID, balance_after: Decimal | None) -> WalletLine:
    """A document from the side of one of its wallets."""
    incoming = row.source_wallet_id != wallet_id
    return WalletLine(
        id=row.id,
        type=TransactionType(row.type).seen_from_wallet(incoming=incoming),
        amount=row.amount,
        asset=row.asset_id,
        description=row.description,
        status=row.status,
        state=row.state,
        reference_id=row.reference_id,
        reference_type=row.reference_type,
        balance_after=balance_after,
        created_at=row.created_at,
    )


def entries_of(transaction_id: UUID) -> list[Entry]:
    """All postings of a document, in the order in which they were made (R246)."""
    return _entries([transaction_id], account=None)


def entries_of_all(transaction_ids: Iterable[UUID]) -> list[Entry]:
    """Those of many documents, document by document; one query however many."""
    return _entries(transaction_ids, account=None)


_ENTRIES = """
    SELECT p.id, e.id, e.stream_id, p.account_id, a.owner_type, a.owner_id, a.book, a.bucket, a.asset_id,
           p.amount, p.balance_after, p.account_seq
    FROM ledger_event AS e
    CROSS JOIN LATERAL (
        SELECT id, account_id, amount, balance_after, account_seq FROM ledger_posting
        WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
        OFFSET 0  -- keeps the planner from comparing every event with every posting of the account
    ) AS p
    JOIN ledger_account AS a ON a.id = p.account_id
    WHERE e.stream = 'transaction' AND e.stream_id = ANY(%(transactions)s) AND e.id >= %(floor)s
      AND (%(account)s::uuid IS NULL OR p.account_id = %(account)s)
    ORDER BY e.stream_id, e.seq, p.id
"""


def _entries(transaction_ids: Iterable[UUID], *, account: UUID | None) -> list[Entry]:
    ids = list(transaction_ids)
    if not ids:
        return []
    with reader().cursor() as cursor:
        cursor.execute(_ENTRIES, {"transactions": ids, "account": account, "floor": floor_around(min(ids))})
        return [Entry(*row) for row in cursor.fetchall()]
