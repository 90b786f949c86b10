"""What one member of staff looks at on the home page. What several parts of it need is read once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError
from django.http import HttpRequest

from compliance.admin.staff import signed_in
from compliance.models import Company
from ledger.admin.cells import in_words
from ledger.days import ONE_DAY, first_of_week
from ledger.selectors.clock import DatabaseClock
from ledger.selectors.read_models import TRANSACTIONS, DayTotals, Freshness, freshness, transaction_totals
from ledger.selectors.scope import Scope
from ledger.selectors.totals import Holdings, holdings
from wallets.admin.budgets.filters import NEAR
from wallets.selectors.budget_pace import Pace, pace_of_budgets
from wallets.selectors.budget_requests import OpenRequests, open_requests
from wallets.selectors.scope import ledger_scope, team_scope
from walletsite.back_office.filters import Filters, read_filters

WEEKS = 12
PATIENCE_SECONDS = 4
"""After which nothing large is begun. What has begun is ended by the connection's own limit for a statement."""

Found = TypeVar("Found")


class Sight:
    """
    Attributes:
        filters: what is asked for; scope: what of the ledger that is.
        is_whole_company: whether all of the company is asked for by somebody who sees all of it.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.user = request, signed_in(request)
        company: Any = Company.objects.annotate(now=DatabaseClock()).get(id=self.user.company_id)
        self.user.company = company
        self.now: datetime = company.now
        self.filters: Filters = read_filters(request, self.user, self.now)
        self._until = time.monotonic() + PATIENCE_SECONDS

    @property
    def team_id(self) -> UUID | None:
        return self.filters.team_id

    @cached_property
    def scope(self) -> Scope:
        return ledger_scope(self.user) if self.team_id is None else team_scope(self.user, self.team_id)

    @property
    def is_whole_company(self) -> bool:
        return self.scope.is_whole_company

    def in_time(self, read: Callable[[], Found]) -> Found | None:
        """What is read; None when it takes too long for a home page, or too much of it has taken too long before."""
        if time.monotonic() > self._until:
            return None
        try:
            return read()
        except OperationalError:
            return None

    @cached_property
    def held(self) -> list[Holdings] | None:
        return self.in_time(lambda: holdings(self.scope))

    @cached_property
    def pace(self) -> Pace | None:
        return self.in_time(
            lambda: pace_of_budgets(self.user, self.now, near_percent=NEAR, team_id=self.team_id),
        )

    @cached_property
    def requests(self) -> OpenRequests:
        return open_requests(self.user, self.team_id)

    @cached_property
    def days(self) -> list[DayTotals] | None:
        """What happened on each day since the first that any chart shows."""
        today = self.now.date()
        first = min(self.filters.window.first_day, self.first_of_map)
        return self.in_time(lambda: transaction_totals(self.scope, first=first, last=today))

    @property
    def first_of_map(self) -> date:
        return first_of_week(self.now.date(), self.filters.calendar.week_start) - (WEEKS - 1) * 7 * ONE_DAY

    @cached_property
    def as_of(self) -> str:
        """How old the sums by day are."""
        found: Freshness = freshness()[TRANSACTIONS]
        return in_words(found.age)
