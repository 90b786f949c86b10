"""Which requests for more a caller may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from budgets.models import BudgetRequest
from compliance.models import Caller
from compliance.selectors.scope import sees_whole_company, users_visible_to
from ledger.errors import NotFound
from wallets.selectors.budgets import budgets_visible_to

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
