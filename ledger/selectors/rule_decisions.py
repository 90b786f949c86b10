"""Decisions in which budgets and limits had a say, found from either side."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger.core.events import Stream
from ledger.core.refusals import GateKind
from ledger.ids import floor_around
from ledger.models import Event, Transaction

_FIRST = {"stream": Stream.TRANSACTION, "seq": 1}
_KINDS = (GateKind.BUDGET, GateKind.LIMIT)


def documents_under_rules(*, budget_id: UUID | None = None, is_refused: bool | None = None) -> QuerySet[Transaction]:
    """The documents whose decision a budget or a limit had a say in, refused ones too, as a query set without order.
    Callers narrow it to wallets or a company, which is what it finds its way by.

    Args:
        budget_id: only those that this budget was asked about.
        is_refused: only those that were refused, or were not. None = both.
    """
    gates = Q()
    if budget_id is not None:
        gates = Q(data__gates__contains=[{"gate": GateKind.BUDGET.value, "id": str(budget_id)}])
    else:
        for kind in _KINDS:
            gates |= Q(data__gates__contains=[{"gate": kind.value}])
    asked = Event.objects.filter(gates, **_FIRST, stream_id=OuterRef("id"))
    documents = Transaction.objects.filter(Exists(asked))
    if is_refused is None:
        return documents
    return documents.exclude(refusal_code="") if is_refused else documents.filter(refusal_code="")


def first_events(transaction_ids: Iterable[UUID]) -> dict[UUID, Event]:
    """The event that decided on each document, by the document's id; one query."""
    ids = list(transaction_ids)
    if not ids:
        return {}
    found = Event.objects.filter(**_FIRST, stream_id__in=ids, id__gte=floor_around(min(ids)))
    return {event.stream_id: event for event in found}


def is_under_rules(event: Event) -> bool:
    """Whether a budget or a limit had a say in a decision; the ledger's own bounds are none, and have no name."""
    return any(gate["gate"] in _KINDS and gate.get("name") for gate in event.data.get("gates", ()))
