"""What the home page is narrowed to: a stretch of the company's calendar, and a team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest

from budgets.core.periods import Calendar, Window, WindowType, previous_window, window_at
from compliance.models import Team, User
from compliance.selectors.scope import teams_visible_to
from ledger.admin.screens import as_id
from ledger.days import ONE_DAY
from wallets.services.budgets import calendar_of_company

LAST_DAYS = 30
PERIODS = {
    "30-days": f"Last {LAST_DAYS} days",
    "this-month": "This month",
    "last-month": "Last month",
    "this-quarter": "This quarter",
    "last-quarter": "Last quarter",
    "this-year": "This year",
}
_TYPES = {"month": WindowType.MONTHLY, "quarter": WindowType.QUARTERLY, "year": WindowType.YEARLY}


@dataclass(frozen=True, slots=True)
class Filters:
    """
    Attributes:
        period: a key of `PERIODS`, and its days.
        team: None = everything that the member of staff sees.
        teams: that there are to choose from.
    """

    calendar: Calendar
    period: str
    window: Window
    team: Team | None
    teams: list[Team]

    @property
    def team_id(self) -> UUID | None:
        return None if self.team is None else self.team.id


def read_filters(request: HttpRequest, user: User, now: datetime) -> Filters:
    """The filters of a query string.

    Raises:
        Http404: no such period, or no team that the member of staff may see.
    """
    calendar = calendar_of_company(user.company)
    period, wanted = request.GET.get("period") or "30-days", request.GET.get("team")
    teams = list(teams_visible_to(user).order_by("name"))
    team = next((team for team in teams if wanted and team.id == as_id(wanted)), None)
    if period not in PERIODS or (wanted and team is None):
        raise Http404
    return Filters(calendar, period, _window(period, calendar, now), team, teams)


def _window(period: str, calendar: Calendar, now: datetime) -> Window:
    if period == "30-days":
        end = calendar.day_of(now) + ONE_DAY
        first = end - LAST_DAYS * ONE_DAY
        return Window(period, first, end, calendar.starts_at(first), calendar.starts_at(end))
    which, _, name = period.partition("-")
    window = window_at(_TYPES[name], calendar, now)
    earlier = previous_window(_TYPES[name], calendar, window) if which == "last" else None
    return earlier or window
