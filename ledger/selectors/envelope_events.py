"""What events did to the envelopes of budgets, as it was right after each of them: for whoever tells of it later, when
the present figures may be others already."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.allowances import ENVELOPE_BUCKETS, EnvelopeKind, envelope_account_id
from ledger.core.events import EventType, Stream
from ledger.core.refusals import GateKind, RefusalCode
from ledger.models import Event
from ledger.money import EXACT


@dataclass(frozen=True, slots=True)
class Touch:
    """An event that changed what was left of a budget's period.

    Attributes:
        document_id: the document that it is about; None = the budget itself was changed.
        payer_id: the wallet that pays, of such a document.
        owner_id: the period.
        available, total: what was left of it right after the event, and all that it had been given by then.
    """

    event_id: UUID
    recorded_at: datetime
    document_id: UUID | None
    payer_id: UUID | None
    owner_id: UUID
    asset: str
    available: Decimal
    total: Decimal

    @property
    def taken(self) -> Decimal:
        """What was spent or held of it; negative if more was given back than spent."""
        return EXACT.subtract(self.total, self.available)


# What spends and holds move stays within the three accounts of an envelope, so their sum at an instant does not depend
# on the order of what happened in that instant; what is left after the event is on the event's own line.
_TOUCHED = """
    SELECT e.id, e.recorded_at, CASE e.stream WHEN 'transaction' THEN e.stream_id END,
           (e.data->>'source_wallet_id')::uuid, account.owner_id, account.asset_id, line.balance_after, whole.total
    FROM ledger_event AS e
    CROSS JOIN LATERAL (
        SELECT account_id, balance_after FROM ledger_posting
        WHERE id > e.id AND id <= ledger_last_posting_id(e.id)
        OFFSET 0  -- keeps the planner from comparing every event with every posting of the account
    ) AS line
    JOIN ledger_account AS account ON account.id = line.account_id
        AND account.owner_type = 'BUDGET' AND account.book = 'allowance' AND account.bucket = 'AVAILABLE'
    CROSS JOIN LATERAL (
        SELECT sum(last.balance_after) AS total
        FROM ledger_account AS part
        CROSS JOIN LATERAL (
            SELECT balance_after FROM ledger_posting
            WHERE account_id = part.id AND recorded_at <= e.recorded_at
            ORDER BY recorded_at DESC, account_seq DESC LIMIT 1
        ) AS last
        WHERE part.owner_id = account.owner_id AND part.owner_type = 'BUDGET' AND part.book = 'allowance'
          AND part.asset_id = account.asset_id
    ) AS whole
    WHERE e.id = ANY(%s)
"""


def envelopes_touched(event_ids: Iterable[UUID]) -> list[Touch]:
    """What events changed of what is left of budgets' periods, in the order of `event_ids`. One query.

    A capture that pays what was held takes nothing more, and is not among them.
    """
    order = {id: place for place, id in enumerate(event_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [list(order)])
        touched = [Touch(*row) for row in cursor.fetchall()]
    return sorted(touched, key=lambda touch: (order[touch.event_id], touch.owner_id))


@dataclass(frozen=True, slots=True)
class RefusedSpend:
    """A budget that had not enough left for a spend.

    Attributes:
        rule_id: the budget.
        required: what the spend would have taken; available: what was left, with what the budget may be overspent by.
        ends_at: of the period that was asked; None in events of before that was told.
    """

    event_id: UUID
    document_id: UUID
    recorded_at: datetime
    payer_id: UUID | None
    rule_id: UUID
    required: Decimal
    available: Decimal
    ends_at: datetime | None

    @property
    def shortfall(self) -> Decimal:
        return EXACT.subtract(self.required, self.available)


def budgets_exceeded_by(event_ids: Iterable[UUID]) -> list[RefusedSpend]:
    """Every budget that refused one of these refused documents, in the order of `event_ids`. One query."""
    order = {id: place for place, id in enumerate(event_ids)}
    events = Event.objects.filter(id__in=list(order), type=EventType.TRANSACTION_FAILED)
    return [
        refused for event in sorted(events, key=lambda event: order[event.id]) for refused in budgets_exceeded_in(event)
    ]


def budgets_exceeded_in(event: Event) -> list[RefusedSpend]:
    """The same of one event, the first one of a document."""
    facts = event.facts
    return [
        _refused(event, facts, gate)
        for gate in facts.get("gates", ())
        if gate["gate"] == GateKind.BUDGET and gate["code"] == RefusalCode.BUDGET_EXCEEDED
    ]


def _refused(event: Event, facts: dict[str, Any], gate: dict[str, Any]) -> RefusedSpend:
    payer = facts["source_wallet_id"]
    return RefusedSpend(
        event_id=event.id,
        document_id=event.stream_id,
        recorded_at=event.recorded_at,
        payer_id=UUID(payer) if payer else None,
        rule_id=UUID(gate["id"]),
        required=Decimal(gate["required"]),
        available=Decimal(gate["available"]),
        ends_at=datetime.fromisoformat(gate["resets_at"]) if gate.get("resets_at") else None,
    )


_TOTALS = """
    SELECT wanted.place, sum(last.balance_after)
    FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[]) AS wanted(place, account_id, at)
    CROSS JOIN LATERAL (
        SELECT balance_after FROM ledger_posting
        WHERE account_id = wanted.account_id AND recorded_at <= wanted.at
        ORDER BY recorded_at DESC, account_seq DESC LIMIT 1
    ) AS last
    GROUP BY wanted.place
"""


def totals_given(envelopes: Iterable[tuple[UUID, str, datetime]]) -> list[Decimal]:
    """All that budgets' periods had been given by an instant: what was left, held and spent of them. One query.

    Args:
        envelopes: the period, its currency and the instant, of each.

    Returns:
        In the order of `envelopes`; zero where nothing was given.
    """
    listed = list(envelopes)
    wanted = [
        (place, envelope_account_id(EnvelopeKind.BUDGET, owner_id, asset, bucket), at)
        for place, (owner_id, asset, at) in enumerate(listed)
        for bucket in ENVELOPE_BUCKETS
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, [list(column) for column in zip(*wanted, strict=True)] or [[], [], []])
        found: dict[int, Decimal] = dict(cursor.fetchall())
    return [found.get(place, Decimal(0)) for place in range(len(listed))]


@dataclass(frozen=True, slots=True)
class AllowanceChange:
    """An event in the life of a budget: what it says, and which periods it gave something to or took it from."""

    budget_id: UUID
    recorded_at: datetime
    data: dict[str, Any]
    owner_ids: frozenset[UUID]


_CHANGES = """
    SELECT e.stream_id, e.recorded_at, e.data, array(
        SELECT account.owner_id FROM (
            SELECT account_id FROM ledger_posting WHERE id > e.id AND id <= ledger_last_posting_id(e.id) OFFSET 0
        ) AS line
        JOIN ledger_account AS account ON account.id = line.account_id AND account.owner_type = 'BUDGET'
    )
    FROM ledger_event AS e
    WHERE e.stream = %(stream)s AND e.stream_id = ANY(%(budgets)s) AND e.recorded_at > %(since)s
      AND e.data->>'message' = 'BudgetChanged'
"""


def budget_changes_since(budget_ids: Iterable[UUID], since: datetime) -> list[AllowanceChange]:
    """The changes of budgets (`BudgetChanged`) after an instant, in any order. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {"stream": Stream.BUDGET.value, "budgets": list(budget_ids), "since": since})
        return [
            AllowanceChange(id, at, json.loads(data), frozenset(owners)) for id, at, data, owners in cursor.fetchall()
        ]
