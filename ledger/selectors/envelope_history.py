"""What has happened to envelopes: what was spent of them and when, and every step that changed what they allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Bucket
from ledger.core.allowances import EnvelopeKind, envelope_account_id
from ledger.money import EXACT, ZERO

# Nothing is recorded before it counts, so what was recorded before the first mark counts before it too.
_SPENT = """
    SELECT a.asset_id, width_bucket(p.effective_at, %(marks)s::timestamptz[]), sum(p.amount)
    FROM ledger_posting AS p JOIN ledger_account AS a ON a.id = p.account_id
    WHERE p.account_id = ANY(%(accounts)s) AND p.recorded_at >= %(first)s AND p.effective_at >= %(first)s
    GROUP BY 1, 2
"""
_SPENT_SINCE = """
    SELECT account_id, sum(amount) FROM ledger_posting
    WHERE account_id = ANY(%(accounts)s) AND recorded_at >= %(since)s AND effective_at >= %(since)s
    GROUP BY 1
"""
_SPENDS = """
    SELECT account_id, (
        SELECT count(*) FROM (
            SELECT FROM ledger_posting AS p WHERE p.account_id = wanted.account_id AND amount > 0 LIMIT %(enough)s
        ) AS seen
    )
    FROM unnest(%(accounts)s::uuid[]) AS wanted(account_id)
"""
_STEPS = """
    SELECT p.account_id, p.amount, p.recorded_at, e.id, e.stream = 'transaction', e.stream_id,
           e.data ->> 'original_transaction_id', e.data ->> 'message',
           ARRAY(SELECT jsonb_object_keys(e.data -> 'after'))
    FROM (
        SELECT id, account_id, event_id, amount, recorded_at FROM ledger_posting
        WHERE account_id = ANY(%(accounts)s)
        ORDER BY recorded_at, id LIMIT %(limit)s
    ) AS p
    JOIN ledger_event AS e ON e.id = p.event_id
    ORDER BY p.recorded_at, p.id
"""


class StepKind(StrEnum):
    """How what an envelope allows came to be less or more."""

    TAKEN = "TAKEN"
    RETURNED = "RETURNED"
    ALLOTTED = "ALLOTTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeStep:
    """One change of what an envelope still allows.

    Attributes:
        owner_id: whose envelope it is.
        amount: what was taken or returned, positive; of ALLOTTED the signed change.
        event_id: orders what was decided in one go.
        document_id: that took it, or that took what is returned now; None for ALLOTTED.
        message: what ALLOTTED is told as. changed: the names of the fields that it says to have changed.
    """

    kind: StepKind
    owner_id: UUID
    amount: Decimal
    recorded_at: datetime
    event_id: UUID
    document_id: UUID | None = None
    message: str = ""
    changed: frozenset[str] = frozenset()


def spent_between(
    kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]], marks: Sequence[datetime]
) -> list[Decimal]:
    """What was spent of envelopes of one asset, less what was given back, from each mark up to the next. One query.

    Args:
        envelopes: (owner id, asset) of each.
        marks: ascending, at least two.

    Returns:
        One sum less than there are marks, all envelopes together, by when it counts.
    """
    by_asset = spent_by_asset(kind, envelopes, marks)
    assert len(by_asset) <= 1, "amounts of two assets have no sum"
    return next(iter(by_asset.values()), [ZERO] * (len(marks) - 1))


def spent_by_asset(
    kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]], marks: Sequence[datetime]
) -> dict[str, list[Decimal]]:
    """`spent_between` of envelopes of any assets, by the asset; one of which nothing was spent is missing."""
    accounts = _spent_accounts(kind, envelopes)
    spent: dict[str, list[Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, {"accounts": list(accounts), "marks": list(marks), "first": marks[0]})
        for asset, place, amount in cursor.fetchall():
            sums = spent.setdefault(asset, [ZERO] * (len(marks) - 1))
            if place < len(marks):
                sums[place - 1] = amount
    return spent


def spent_since(kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]], since: datetime) -> dict[UUID, Decimal]:
    """What was spent of each envelope from an instant on, less what was given back, by its owner's id. One query."""
    owners = _spent_accounts(kind, envelopes)
    with connection.cursor() as cursor:
        cursor.execute(_SPENT_SINCE, {"accounts": list(owners), "since": since})
        return {owners[account]: amount for account, amount in cursor.fetchall()}


def count_spends(kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]], *, enough: int) -> dict[UUID, int]:
    """How many spends each envelope has seen, counted up to `enough`, by its owner's id. One query."""
    owners = _spent_accounts(kind, envelopes)
    with connection.cursor() as cursor:
        cursor.execute(_SPENDS, {"accounts": list(owners), "enough": enough})
        return {owners[account]: count for account, count in cursor.fetchall()}


def _spent_accounts(kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]]) -> dict[UUID, UUID]:
    """The owner of each envelope by the account on which lies what was spent of it."""
    return {envelope_account_id(kind, owner_id, asset, Bucket.SPENT): owner_id for owner_id, asset in envelopes}


def envelope_steps(kind: EnvelopeKind, envelopes: Iterable[tuple[UUID, str]], *, limit: int) -> list[EnvelopeStep]:
    """The changes of what envelopes allow, all together in the order in which they were recorded. One query.

    Args:
        envelopes: (owner id, asset) of each.
        limit: the first so many.
    """
    owners = {envelope_account_id(kind, owner_id, asset, Bucket.AVAILABLE): owner_id for owner_id, asset in envelopes}
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, {"accounts": list(owners), "limit": limit})
        rows = cursor.fetchall()
    return [_step(owners[account_id], *row) for account_id, *row in rows]


def _step(
    owner_id: UUID,
    amount: Decimal,
    recorded_at: datetime,
    event_id: UUID,
    is_of_document: bool,
    stream_id: UUID,
    original_id: str | None,
    message: str | None,
    changed: list[str],
) -> EnvelopeStep:
    if not is_of_document:
        return EnvelopeStep(
            kind=StepKind.ALLOTTED,
            owner_id=owner_id,
            amount=amount,
            recorded_at=recorded_at,
            event_id=event_id,
            message=message or "",
            changed=frozenset(changed),
        )
    return EnvelopeStep(
        kind=StepKind.TAKEN if amount < 0 else StepKind.RETURNED,
        owner_id=owner_id,
        amount=EXACT.abs(amount),
        recorded_at=recorded_at,
        event_id=event_id,
        document_id=UUID(original_id) if original_id else stream_id,
    )
