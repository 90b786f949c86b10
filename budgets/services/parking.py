"""Refused spends that wait for more: what is tried again, and what became of it. How, the floor above knows.

Several budgets may have refused a spend, and each may have been asked for more. It is let through once all the same:
whoever tries it holds the spend until the end of the transaction.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from budgets.locks import lock_spend
from budgets.models import BudgetRequest
from budgets.models.vocabulary import Retry
from budgets.selectors.requests import accepted_retry_of, spends_to_try
from ledger.selectors.clock import database_now


def take_up_spend(request_id: UUID, txn_id: UUID) -> BudgetRequest | None:
    """The request whose refused spend is to be tried again now, in the caller's transaction; nobody else tries that
    spend until its end. None: it is not to be tried any more, or was let through for another request.

    Raises:
        OperationalError: SQLSTATE 55P03, somebody else is at it for longer than `lock_timeout`.
    """
    lock_spend(txn_id)
    request = spends_to_try(database_now()).filter(id=request_id).first()
    accepted_as = accepted_retry_of(txn_id)
    if request is None or accepted_as is None:
        return request
    note_retry(request, Retry.ACCEPTED, accepted_as)
    return None


def note_retry(request: BudgetRequest, retry: Retry, retry_txn_id: UUID | None) -> None:
    """Write down what became of a refused spend, in the transaction in which it was tried again.

    Args:
        retry: ACCEPTED or REFUSED; PARKED = it does not fit yet and goes on waiting.
        retry_txn_id: the document that trying it made.
    """
    BudgetRequest.objects.filter(id=request.id).update(
        retry=retry, retry_txn_id=retry_txn_id, retried_at=database_now(), version=F("version") + 1
    )


def give_up_spend(txn_id: UUID) -> None:
    """Never try a refused spend again, because what it was for was cancelled. Part of the caller's transaction. Waits
    for whoever is trying it just now; what became of it, is known after that. The requests themselves stay open."""
    lock_spend(txn_id)
    parked = BudgetRequest.objects.filter(txn_id=txn_id, retry=Retry.PARKED)
    parked.update(retry=Retry.NONE, version=F("version") + 1)
