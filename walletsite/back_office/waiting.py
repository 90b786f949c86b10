"""What waits for the member of staff who looks: one list, from several desks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from budgets.models.vocabulary import RequestKind
from compliance.admin.staff import signed_in
from wallets.admin.approvals.screen import waiting_approvals
from wallets.admin.budgets.bars import written
from wallets.admin.budgets.requests import KINDS
from wallets.selectors.budget_requests import requests_waiting_for
from wallets.services.approvals.registry import operation_named

MOST_WAITING = 10
"""Of each desk, the oldest first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something to decide.

    Attributes:
        what: in a few words; url: where it is decided.
        about: what one has to know of it.
        person: who asks; shown by name to who may see it.
    """

    what: str
    url: str
    about: str
    since: datetime
    person: UUID | None = None


def requests_for_more(request: HttpRequest) -> list[Waiting]:
    """The requests for more that he may answer."""
    requests = requests_waiting_for(signed_in(request)).order_by("created_at", "id")[:MOST_WAITING]
    return [
        Waiting(
            what=f"More of {asked.budget.name}",
            url=reverse("admin:budgets_budgetrequest_change", args=[asked.id]),
            about=f"{written(asked.amount, asked.budget.currency)}; {KINDS[RequestKind(asked.kind)].lower()}",
            since=asked.created_at,
            person=asked.requested_by,
        )
        for asked in requests
    ]


def approvals(request: HttpRequest) -> list[Waiting]:
    """What others have asked for and he may agree to."""
    return [
        Waiting(
            what=operation_named(approval.operation).title,
            url=reverse("admin:wallets_approval_change", args=[approval.id]),
            about=approval.reason if approval.amount is None else written(approval.amount, approval.currency),
            since=approval.created_at,
            person=approval.requested_by,
        )
        for approval in waiting_approvals(request)[:MOST_WAITING]
    ]


DESKS: tuple[Callable[[HttpRequest], list[Waiting]], ...] = (requests_for_more, approvals)
"""Whoever lets people wait adds a line here."""


def waiting_for(request: HttpRequest) -> list[Waiting]:
    """What waits for whoever is signed in, the oldest first."""
    return sorted(chain.from_iterable(desk(request) for desk in DESKS), key=lambda one: one.since)
