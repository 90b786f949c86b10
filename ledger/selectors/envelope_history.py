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
    SELECT width_bucket(effective_at, %(marks)s::timestamptz[]), sum(amount)
    FROM ledger_posting
    WHERE account_id = ANY(%(accounts)s) AND recorded_at >= %(first)s AND effective_at >= %(first)s
    GROUP BY 1
"""
_SPENDS = """
    SELECT count(*) FROM (
        SELECT FROM ledger_posting WHERE account_id = %(account)s AND amount > 0 LIMIT %(enough)s
    ) AS seen
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
    """What was spent of envelopes, less what was given back, from each mark up to the next. One query.

    Args:
        envelopes: (owner id, asset) of each.
        marks: ascending, at least two.

    Returns:
        One sum less than there are marks, all envelopes together, by when it counts.
    """
    accounts = [envelope_account_id(kind, owner_id, asset, Bucket.SPENT) for owner_id, asset in envelopes]
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, {"accounts": accounts, "marks": list(marks), "first": marks[0]})
        sums = dict(cursor.fetchall())
    return [sums.get(place, ZERO) for place in range(1, len(marks))]


def count_spends(kind: EnvelopeKind, owner_id: UUID, asset: str, *, enough: int) -> int:
    """How many spends an envelope has seen, counted up to `enough`. One query."""
    account = envelope_account_id(kind, owner_id, asset, Bucket.SPENT)
    with connection.cursor() as cursor:
        cursor.execute(_SPENDS, {"account": account, "enough": enough})
        (count,) = cursor.fetchone()
    assert isinstance(count, int)
    return count


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
