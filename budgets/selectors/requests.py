"""Requests for more, and which refused spends are to be tried again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from budgets.models import BudgetRequest
from budgets.models.vocabulary import RequestKind, RequestState, Retry
from ledger.errors import NotFound


def get_request(request_id: UUID) -> BudgetRequest:
    """A request by its id, with its budget.

    Raises:
        NotFound: there is none.
    """
    request = BudgetRequest.objects.select_related("budget").filter(id=request_id).first()
    if request is None:
        raise NotFound
    return request


def pending_request_about(budget_id: UUID, txn_id: UUID) -> BudgetRequest | None:
    """The request of this budget that waits for an answer about a refused spend; there is one at most."""
    pending = BudgetRequest.objects.filter(state=RequestState.PENDING)
    return pending.filter(budget_id=budget_id, txn_id=txn_id).first()


def requests_to_close(now: datetime) -> QuerySet[BudgetRequest]:
    """Requests that nobody has to answer any more, oldest first: their time is up, or they asked for room for one spend
    that was let through meanwhile."""
    is_needless = Q(kind=RequestKind.ONCE, retry=Retry.ACCEPTED)
    pending = BudgetRequest.objects.filter(state=RequestState.PENDING)
    return pending.filter(is_needless | Q(expires_at__lte=now)).order_by("created_at", "id")


def spends_to_try(now: datetime) -> QuerySet[BudgetRequest]:
    """Requests whose parked spend is to be tried again: those that were approved, and those that still wait while their
    budget was given more for everybody since they were made or tried last."""
    given = BudgetRequest.objects.filter(
        budget_id=OuterRef("budget_id"), state=RequestState.APPROVED, decided_at__gt=OuterRef("looked_at")
    ).exclude(kind=RequestKind.ONCE)
    parked = BudgetRequest.objects.filter(retry=Retry.PARKED).annotate(
        looked_at=Coalesce(F("retried_at"), F("created_at"))
    )
    waits = Q(state=RequestState.PENDING, expires_at__gt=now) & Q(Exists(given))
    return parked.filter(Q(state=RequestState.APPROVED) | waits)


def accepted_retry_of(txn_id: UUID) -> UUID | None:
    """The document as which a refused spend was let through later; None = it was not."""
    accepted = BudgetRequest.objects.filter(txn_id=txn_id, retry=Retry.ACCEPTED)
    return accepted.values_list("retry_txn_id", flat=True).first()
