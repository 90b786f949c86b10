"""Which requests for more a caller may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from budgets.models import BudgetRequest
from budgets.models.vocabulary import RequestState, Retry
from compliance.models import Caller
from compliance.selectors.scope import sees_whole_company, users_visible_to
from ledger.errors import NotFound
from ledger.selectors.totals import MOST_COUNTED
from wallets.selectors.budgets import budgets_for, budgets_visible_to

FILTERS = {"status": "state", "budget_id": "budget_id", "kind": "kind"}


def requests_visible_to(caller: Caller) -> QuerySet[BudgetRequest]:
    """What people ask for whom the caller may see, and what budgets are asked for that he may see; with their
    budgets."""
    requests = BudgetRequest.objects.filter(budget__company_id=caller.company_id).select_related("budget")
    if sees_whole_company(caller):
        return requests
    return requests.filter(
        Q(requested_by__in=users_visible_to(caller).values("id"))
        | Q(budget_id__in=budgets_visible_to(caller).values("id"))
    )


def requests_waiting_for(caller: Caller) -> QuerySet[BudgetRequest]:
    """The requests that a caller may answer: of what he may set, and never his own."""
    waiting = requests_visible_to(caller).filter(state=RequestState.PENDING)
    if caller.role not in {"MANAGER", "FINANCE"}:
        return waiting.none()
    waiting = waiting.exclude(requested_by=caller.id).exclude(budget__user_id=caller.id)
    return waiting.filter(budget__user_id__isnull=False) if caller.role == "MANAGER" else waiting


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """How many requests wait for an answer, and the refused documents that wait for more."""

    pending: int
    parked: frozenset[UUID]


def open_requests(caller: Caller, team_id: UUID | None = None) -> OpenRequests:
    """Of the requests that a caller sees, `MOST_COUNTED` at most; one query.

    Args:
        team_id: only about budgets of this team and its people.
    """
    requests = requests_visible_to(caller).filter(Q(state=RequestState.PENDING) | Q(retry=Retry.PARKED))
    if team_id is not None:
        requests = requests.filter(budget_id__in=budgets_for(caller, team_id).values("id"))
    rows = list(requests.order_by().values_list("state", "retry", "txn_id")[:MOST_COUNTED])
    pending = sum(state == RequestState.PENDING for state, *_ in rows)
    return OpenRequests(pending, frozenset(id for _, retry, id in rows if retry == Retry.PARKED and id is not None))


def find_visible_requests(caller: Caller, filters: Mapping[str, Any]) -> QuerySet[BudgetRequest]:
    """The visible requests that match every filter given (`FILTERS`), unordered: for pages to be cut from."""
    wanted = {column: filters[name] for name, column in FILTERS.items() if name in filters}
    return requests_visible_to(caller).filter(**wanted)


def get_visible_request(caller: Caller, request_id: UUID) -> BudgetRequest:
    """One request within the caller's scope.

    Raises:
        NotFound: no such request, or none that the caller may see.
    """
    request = requests_visible_to(caller).filter(id=request_id).first()
    if request is None:
        raise NotFound
    return request
